using Npgsql;
using NpgsqlTypes;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Appending;

/// <summary>
/// The short way for the append of one event that nothing stands in the way of: one round trip, one implicit transaction. Where it inserts
/// nothing, <see cref="AppendStatement"/> finds out why.
/// </summary>
internal static class SingleStatement
{
    private const int AnyCode = -1;
    private const int StreamExistsCode = -2;

    private const string StreamKey = $"hashtextextended($1, '{SchemaNames.EventsTable}'::regclass::oid::bigint)";

    private const string TryLockSql = $"SELECT {Settings}, pg_try_advisory_xact_lock({StreamKey})";

    private const string QuietTryLockSql =
        $"SELECT {Settings}, set_config('{SchemaNames.NotifySetting}', 'off', true), pg_try_advisory_xact_lock({StreamKey})";

    private const string Settings = $"{PlannerCare.Expression}, set_config('lock_timeout', '{AppendStatement.GroupLockTimeout}', true)";

    // The lock is asked for again, which is free for whoever has it: without it nothing goes in. Its statement came first, so the head read
    // here is younger than the lock. A notifying COMMIT queues for a lock too, and that wait is not meant: the time limit ends with the row.
    private const string InsertSql = $"""
        INSERT INTO {SchemaNames.EventsTable} (aggregate_id, id, event_type, data, metadata, created_at, stream_version)
        SELECT $1, $2, $3, $4, $5, coalesce($6, now()), stream.head + 1
        FROM (
            SELECT coalesce(
                (SELECT stream_version FROM {SchemaNames.EventsTable} WHERE aggregate_id = $1 ORDER BY stream_version DESC LIMIT 1), 0) AS head
            OFFSET 0
        ) AS stream
        WHERE CASE $7 WHEN -1 THEN true WHEN -2 THEN stream.head > 0 ELSE stream.head = $7 END
            AND NOT EXISTS (SELECT FROM {SchemaNames.EventsTable} WHERE id = $2)
            AND pg_try_advisory_xact_lock({StreamKey})
        RETURNING version, stream_version, set_config('lock_timeout', '0', true)
        """;

    /// <summary>Inserts and commits; null where that cannot be done at once. Quiet: the notify trigger stands back.</summary>
    internal static async Task<AppendedEvent?> TryAppendAsync(
        NpgsqlConnection connection, EventData given, ExpectedVersion expected, bool quiet, CancellationToken cancellationToken)
    {
        await using var batch = connection.CreateBatch();
        batch.BatchCommands.Add(Sql.Command(quiet ? QuietTryLockSql : TryLockSql, Sql.Text(given.AggregateId)));
        batch.BatchCommands.Add(Sql.Command(
            InsertSql,
            Sql.Text(given.AggregateId),
            Sql.Text(given.Id),
            Sql.Text(given.EventType),
            Sql.Json(given.Data?.Bytes),
            Sql.Json(given.Metadata?.Bytes),
            new NpgsqlParameter<DateTimeOffset?> { NpgsqlDbType = NpgsqlDbType.TimestampTz, TypedValue = given.CreatedAt },
            Sql.Bigint(expected.StreamVersion ?? (expected == ExpectedVersion.StreamExists ? StreamExistsCode : AnyCode))));

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        var appended = await reader.ReadAsync(cancellationToken).ConfigureAwait(false)
            ? new AppendedEvent(given.Id, given.AggregateId, new EventVersion(reader.GetInt64(0)), reader.GetInt64(1))
            : null;

        // The commit comes after the row: an error there must surface before anything counts as stored.
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        return appended;
    }
}
