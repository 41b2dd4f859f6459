using System.Buffers;

namespace SyncKit.EfStore.Cli.Printing;

/// <summary>Which form the output takes: JSON Lines unless a person looks.</summary>
internal static class Printers
{
    internal static IPrinter<StoredEvent> Events(bool json) => Choose<StoredEvent>(
        json,
        JsonLines.Write,
        stored => new EventSummary(
            stored.Version, stored.CreatedAt, stored.EventType, stored.AggregateId, stored.StreamVersion, stored.Data?.ToString()));

    internal static IPrinter<EventNotification> Notifications(bool json) => Choose<EventNotification>(
        json,
        JsonLines.Write,
        notified => new EventSummary(
            notified.Version, notified.CreatedAt, notified.EventType, notified.AggregateId, notified.StreamVersion, notified.Id));

    private static IPrinter<T> Choose<T>(bool json, Action<IBufferWriter<byte>, T> write, Func<T, EventSummary> summarize) =>
        json || !StandardOutput.IsTerminal ? new JsonPrinter<T>(write) : new TerminalPrinter<T>(summarize);
}
