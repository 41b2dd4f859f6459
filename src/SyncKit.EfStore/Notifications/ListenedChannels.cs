using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Notifications;

/// <summary>
/// What a process listens to: a channel for each of a few streams, or events_global. The server compares every notification with every
/// channel of a session (10,000 channels made a burst 600 times slower), so beyond a few one channel for all is cheaper.
/// </summary>
/// <param name="Streams">The streams with a channel each; null for events_global.</param>
internal sealed record ListenedChannels(IReadOnlySet<string>? Streams)
{
    internal static readonly ListenedChannels Global = new((IReadOnlySet<string>?)null);

    internal static ListenedChannels For(IReadOnlyCollection<string>? streams, int maxStreamChannels) =>
        streams is not null && streams.Count <= maxStreamChannels
            ? new ListenedChannels(streams.ToHashSet(StringComparer.Ordinal))
            : Global;

    /// <summary>The channels by name.</summary>
    internal IReadOnlySet<string> Names =>
        Streams is null ? new HashSet<string> { SchemaNames.GlobalChannel } : Streams.Select(ChannelNames.ForStream).ToHashSet(StringComparer.Ordinal);

    /// <summary>Whether everything an observer wants arrives on them.</summary>
    internal bool Cover(NotificationFilter filter) =>
        Streams is null || (filter.AggregateId is { } aggregateId && Streams.Contains(aggregateId));
}
