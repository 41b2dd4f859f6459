using Npgsql;
using NpgsqlTypes;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Appending;

/// <summary>
/// The append as the server sees it: two round trips in one transaction. First the locks of the streams, and, in statements of their own
/// whose snapshots are younger than the locks, what stands there; then, once it is decided what goes in, INSERT and COMMIT.
/// </summary>
internal static class AppendStatement
{
    /// <summary>
    /// So long a group waits for what an open transaction holds, an event id for one; then those who wait for it go alone. Far above what
    /// one append needs, far below what the others would notice.
    /// </summary>
    internal const string GroupLockTimeout = "5ms";

    // Under a stricter default isolation the snapshot would be older than the locks.
    private const string BeginSql = "BEGIN ISOLATION LEVEL READ COMMITTED";
    private const string CommitSql = "COMMIT";

    // A notifying COMMIT queues for a lock too, behind every other one of the cluster: that wait is not meant.
    private const string EndLockTimeoutSql = "SET LOCAL lock_timeout TO DEFAULT";

    // The notify trigger stands back from such a transaction. Of the transaction, because behind a transaction pooler a setting of the session
    // would be lost, or be another's.
    internal const string QuietExpression = $"set_config('{SchemaNames.NotifySetting}', 'off', true)";

    internal const string QuietSql = $"SELECT {QuietExpression}";

    // Never waits: a stream that somebody holds must not hold up the others of the group.
    private const string TryLockSql = $"""
        SELECT
            {PlannerCare.Expression},
            set_config('lock_timeout', '{GroupLockTimeout}', true),
            ARRAY(SELECT pg_try_advisory_xact_lock({StreamLock.KeyOfColumn}) FROM unnest($1) AS named (aggregate_id))
        """;

    // Waits, in the order of the keys, so that no two appends can deadlock.
    internal const string LockSql = $"""
        SELECT (SELECT {PlannerCare.Expression}), pg_advisory_xact_lock(streams.key)
        FROM (
            SELECT DISTINCT {StreamLock.KeyOfColumn} AS key
            FROM unnest($1) AS named (aggregate_id)
            ORDER BY key
        ) AS streams
        """;

    internal const string HeadsSql = $"""
        SELECT coalesce(
            (SELECT stream_version FROM {SchemaNames.EventsTable} AS e
             WHERE e.aggregate_id = named.aggregate_id ORDER BY stream_version DESC LIMIT 1), 0)
        FROM unnest($1) WITH ORDINALITY AS named (aggregate_id, place)
        ORDER BY place
        """;

    // Arrays, because a row for each stream and id costs more than what is read for it.
    private const string LookSql = $"""
        SELECT
            ARRAY({HeadsSql}),
            ARRAY(
                SELECT given.id
                FROM unnest($2) AS given (id)
                WHERE EXISTS (SELECT FROM {SchemaNames.EventsTable} AS e WHERE e.id = given.id))
        """;

    // Rows go in, and versions are drawn, in the order of the arrays.
    private const string InsertSql = $"""
        INSERT INTO {SchemaNames.EventsTable} (id, aggregate_id, event_type, data, metadata, created_at, stream_version)
        SELECT id, aggregate_id, event_type, data, metadata, coalesce(created_at, now()), stream_version
        FROM unnest($1, $2, $3, $4, $5, $6, $7)
            AS given (id, aggregate_id, event_type, data, metadata, created_at, stream_version)
        RETURNING version
        """;

    private const string StoredSql = $"""
        SELECT e.version, e.stream_version, {SameEvent.Sql}
        FROM unnest($1, $2, $3, $4, $5) WITH ORDINALITY AS given (id, aggregate_id, event_type, data, metadata, place)
        LEFT JOIN {SchemaNames.EventsTable} AS e ON e.id = given.id
        ORDER BY given.place
        """;

    /// <summary>Begins the transaction, locks the streams and says what stands there.</summary>
    /// <param name="connection">Idle; or within an ambient transaction, which is joined.</param>
    /// <param name="streams">Each once.</param>
    /// <param name="ids">To be stored.</param>
    /// <param name="patient">Waits for streams that are held, instead of passing them over.</param>
    /// <param name="quiet">The notify trigger stands back.</param>
    /// <param name="begin">False within an ambient transaction.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal static async Task<StreamsNow> BeginAsync(
        NpgsqlConnection connection, string[] streams, string[] ids, bool patient, bool quiet, bool begin, CancellationToken cancellationToken)
    {
        await using var batch = connection.CreateBatch();
        if (begin)
        {
            batch.BatchCommands.Add(Sql.Command(BeginSql));
        }

        batch.BatchCommands.Add(Sql.Command(patient ? LockSql : TryLockSql, Sql.Texts(streams)));
        batch.BatchCommands.Add(Sql.Command(LookSql, Sql.Texts(streams), Sql.Texts(ids)));
        if (quiet)
        {
            batch.BatchCommands.Add(Sql.Command(QuietSql));
        }

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        string[] busy = [];
        if (!patient)
        {
            await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            var locked = reader.GetFieldValue<bool[]>(2);
            busy = [.. streams.Where((_, place) => !locked[place])];
        }

        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        var heads = reader.GetFieldValue<long[]>(0);
        return new StreamsNow(
            streams.Zip(heads).ToDictionary(StringComparer.Ordinal),
            busy,
            reader.GetFieldValue<string[]>(1).ToHashSet(StringComparer.Ordinal));
    }

    /// <summary>Inserts the events, in order, and commits. Their versions, once they are committed.</summary>
    /// <param name="connection">Within the transaction that <see cref="BeginAsync"/> began.</param>
    /// <param name="events">What goes in.</param>
    /// <param name="streamVersions">The place of each.</param>
    /// <param name="commit">False within an ambient transaction.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    internal static async Task<long[]> InsertAsync(
        NpgsqlConnection connection, IReadOnlyList<EventData> events, long[] streamVersions, bool commit, CancellationToken cancellationToken)
    {
        await using var batch = connection.CreateBatch();
        batch.BatchCommands.Add(Sql.Command(
            InsertSql,
            [
                .. Columns(events),
                new NpgsqlParameter<DateTimeOffset?[]>
                {
                    NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
                    TypedValue = Column(events, e => e.CreatedAt),
                },
                Sql.Bigints(streamVersions),
            ]));
        if (commit)
        {
            batch.BatchCommands.Add(Sql.Command(EndLockTimeoutSql));
            batch.BatchCommands.Add(Sql.Command(CommitSql));
        }

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var versions = new long[events.Count];
        for (var i = 0; await reader.ReadAsync(cancellationToken).ConfigureAwait(false); i++)
        {
            versions[i] = reader.GetInt64(0);
        }

        // The commit comes after the rows: an error there must surface before anything counts as stored.
        while (await reader.NextResultAsync(cancellationToken).ConfigureAwait(false))
        {
        }

        return versions;
    }

    /// <summary>Ends the transaction that <see cref="BeginAsync"/> began, with nothing in it.</summary>
    internal static async Task EndAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(CommitSql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What the log holds under the events' ids, in their order.</summary>
    internal static async Task<IReadOnlyList<StoredMatch>> LookUpAsync(
        NpgsqlConnection connection, IReadOnlyList<EventData> events, CancellationToken cancellationToken)
    {
        await using var batch = connection.CreateBatch();
        batch.BatchCommands.Add(PlannerCare.Command());
        batch.BatchCommands.Add(Sql.Command(StoredSql, Columns(events)));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        var stored = new List<StoredMatch>(events.Count);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            stored.Add(await reader.IsDBNullAsync(0, cancellationToken).ConfigureAwait(false)
                ? StoredMatch.Absent
                : new StoredMatch(reader.GetInt64(0), reader.GetInt64(1), reader.GetBoolean(2)));
        }

        return stored;
    }

    /// <summary>The columns that make an event's content, each as an array: $1 to $5.</summary>
    internal static NpgsqlParameter[] Columns(IReadOnlyList<EventData> events) =>
    [
        Sql.Texts(Column(events, e => e.Id)),
        Sql.Texts(Column(events, e => e.AggregateId)),
        Sql.Texts(Column(events, e => e.EventType)),
        Sql.Jsons(Column(events, e => e.Data?.Bytes)),
        Sql.Jsons(Column(events, e => e.Metadata?.Bytes)),
    ];

    private static T[] Column<T>(IReadOnlyList<EventData> events, Func<EventData, T> value)
    {
        var column = new T[events.Count];
        for (var i = 0; i < column.Length; i++)
        {
            column[i] = value(events[i]);
        }

        return column;
    }
}
