using Npgsql;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Subscriptions.Named;

/// <summary>How far a subscription is, with what tells that the log is still the one it read.</summary>
/// <param name="Version">Everything up to here is done.</param>
/// <param name="EventId">The event there; null where there is none, such as before the first.</param>
internal sealed record CheckpointPosition(long Version, string? EventId)
{
    private const string LogSql = $"""
        SELECT (SELECT id FROM {SchemaNames.EventsTable} WHERE version = $1),
            coalesce((SELECT version FROM {SchemaNames.EventsTable} ORDER BY version DESC LIMIT 1), 0)
        """;

    /// <summary>Which log it was read from; null before the first checkpoint.</summary>
    internal LogIdentity? Log { get; init; }

    /// <summary>
    /// What is wrong, or null where the log still is what it was up to here. A lost asynchronous commit or a failover may have taken events away
    /// and given their versions to others; going on from here would skip those.
    /// </summary>
    internal async Task<string?> VerifyAsync(NpgsqlConnection connection, LogIdentity now, CancellationToken cancellationToken)
    {
        await using var batch = connection.CreateBatch();
        batch.BatchCommands.Add(PlannerCare.Command());
        batch.BatchCommands.Add(Sql.Command(LogSql, Sql.Bigint(Version)));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        var id = reader.IsDBNull(0) ? null : reader.GetString(0);
        var highest = reader.GetInt64(1);

        // A log that was copied into another server is another system with the same events, and a failover is another timeline: what
        // counts is the event.
        var where = Log is { } log && log != now
            ? $" The checkpoint is of system {log.SystemIdentifier}, timeline {log.Timeline}; this is system {now.SystemIdentifier}, timeline {now.Timeline}."
            : "";
        if (highest < Version)
        {
            return $"The checkpoint is at version {Version}, but the log ends at {highest}: it was rewound.{where} Rebuild from a version it still has.";
        }

        return EventId is not null && EventId != id
            ? $"The checkpoint is at version {Version} and expects event '{EventId}' there, but the log has {(id is null ? "none" : $"'{id}'")}: it was rewound.{where} "
                + "Rebuild from a version before that."
            : null;
    }
}
