using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SyncKit.EfStore.Cli.Printing;

/// <summary>Which form the output takes: JSON Lines unless a person looks.</summary>
internal static class Printers
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static IPrinter<StoredEvent> Events(bool json) => Choose<StoredEvent>(
        json,
        JsonLines.Write,
        stored => new EventSummary(
            stored.Version, stored.CreatedAt, stored.EventType, stored.AggregateId, stored.StreamVersion, stored.Data?.ToString()));

    internal static IPrinter<EventNotification> Notifications(bool json) => Choose<EventNotification>(
        json,
        WriteNotification,
        notified => new EventSummary(
            notified.Version, notified.CreatedAt, notified.EventType, notified.AggregateId, notified.StreamVersion, notified.Id));

    internal static IPrinter<AppendResult> Appends(bool json) => Choose<AppendResult>(
        json,
        WriteAppend,
        result => new EventSummary(
            result.Version, null, result.AlreadyStored ? "stored before" : "stored", result.Events[^1].AggregateId, result.StreamVersion, result.Events[^1].Id));

    private static IPrinter<T> Choose<T>(bool json, Action<IBufferWriter<byte>, T> write, Func<T, EventSummary> summarize) =>
        json || !StandardOutput.IsTerminal ? new JsonPrinter<T>(write) : new TerminalPrinter<T>(summarize);

    private static void WriteNotification(IBufferWriter<byte> output, EventNotification notified) => WriteLine(output, json =>
    {
        json.WriteNumber("version"u8, notified.Version.Value);
        json.WriteNumber("stream_version"u8, notified.StreamVersion);
        json.WriteString("id"u8, notified.Id);
        json.WriteString("aggregate_id"u8, notified.AggregateId);
        json.WriteString("event_type"u8, notified.EventType);
        if (notified.CreatedAt is { } createdAt)
        {
            json.WriteString("created_at"u8, createdAt.ToUniversalTime());
        }

        json.WriteString("stream_name"u8, notified.StreamName);
    });

    private static void WriteAppend(IBufferWriter<byte> output, AppendResult result)
    {
        foreach (var appended in result.Events)
        {
            WriteLine(output, json =>
            {
                json.WriteNumber("version"u8, appended.Version.Value);
                json.WriteNumber("stream_version"u8, appended.StreamVersion);
                json.WriteString("id"u8, appended.Id);
                json.WriteString("aggregate_id"u8, appended.AggregateId);
                json.WriteBoolean("already_stored"u8, result.AlreadyStored);
            });
        }
    }

    private static void WriteLine(IBufferWriter<byte> output, Action<Utf8JsonWriter> write)
    {
        using (var json = new Utf8JsonWriter(output, Relaxed))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }
}
