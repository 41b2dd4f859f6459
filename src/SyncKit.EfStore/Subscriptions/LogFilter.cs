using SyncKit.EfStore.Notifications;

namespace SyncKit.EfStore.Subscriptions;

/// <summary>What a subscription's filter means to the reader and to the hub.</summary>
internal static class LogFilter
{
    // A read that finds little must still end: nothing serves a prefix, and rare types may be found along the primary key.
    private const long WindowOfVersions = 100_000;

    internal static SubscriptionFilter Everything { get; } = new();

    internal static void Check(SubscriptionFilter? filter) =>
        QueryRules.CheckWhich(filter?.AggregateId, filter?.AggregateIdPrefix, filter?.EventTypes ?? []);

    /// <summary>Where one read ends that begins behind a position, for the position to move along through what is filtered out.</summary>
    internal static long WindowEnd(this SubscriptionFilter filter, long position, long settled) =>
        filter.AggregateId is null && (filter.AggregateIdPrefix is not null || filter.EventTypes.Count > 0)
            ? Math.Min(settled, position + WindowOfVersions)
            : settled;

    /// <summary>The matching events behind a position and up to a version that is settled.</summary>
    internal static EventQuery Between(this SubscriptionFilter filter, long position, long through) => new()
    {
        AggregateId = filter.AggregateId,
        AggregateIdPrefix = filter.AggregateIdPrefix,
        EventTypes = filter.EventTypes,
        After = new EventVersion(position),
        Before = new EventVersion(through + 1),
        IncludeUnsettled = true,
    };

    /// <summary>What to be woken by: at least what matches.</summary>
    internal static NotificationFilter Hints(this SubscriptionFilter filter) =>
        new(filter.AggregateId, filter.EventTypes is [var only] ? only : null);
}
