using Npgsql;
using SyncKit.EfStore.Ordering;

namespace SyncKit.EfStore.Subscriptions.Named;

/// <summary>How far a subscription is, with what tells that the log is still the one it read.</summary>
/// <param name="Version">Everything up to here is done.</param>
/// <param name="EventId">The event there; null where there is none, such as before the first.</param>
internal sealed record CheckpointPosition(long Version, string? EventId)
{
    /// <summary>Which log it was read from; null before the first checkpoint.</summary>
    internal LogIdentity? Log { get; init; }

    /// <summary>
    /// What is wrong, or null where the log still is what it was up to here. A lost asynchronous commit or a failover may have taken events away
    /// and given their versions to others; going on from here would skip those.
    /// </summary>
    internal async Task<string?> VerifyAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var (found, latest) = await LogPositionCheck.ReadWithLatestAsync(connection, Version, cancellationToken).ConfigureAwait(false);
        var now = new LogIdentity(found.SystemIdentifier, found.Timeline);

        // A log that was copied into another server is another system with the same events, and a failover is another timeline: what
        // counts is the event.
        var where = Log is { } log && log != now
            ? $" The checkpoint is of system {log.SystemIdentifier}, timeline {log.Timeline}; this is system {now.SystemIdentifier}, timeline {now.Timeline}."
            : "";
        if (latest.Value < Version)
        {
            return $"The checkpoint is at version {Version}, but the log ends at {latest}: it was rewound.{where} Rebuild from a version it still has.";
        }

        return EventId is not null && EventId != found.EventId
            ? $"The checkpoint is at version {Version} and expects event '{EventId}' there, but the log has {(found.EventId is { } id ? $"'{id}'" : "none")}: it was rewound.{where} "
                + "Rebuild from a version before that."
            : null;
    }
}
