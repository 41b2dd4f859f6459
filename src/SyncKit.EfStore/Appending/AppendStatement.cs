using Npgsql;
using NpgsqlTypes;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Appending;

/// <summary>
/// The append as the server sees it: one round trip, one implicit transaction. First every stream's lock, sorted, so that no two
/// appends can deadlock; then, in a statement of its own whose snapshot is younger than the locks, check and insert.
/// </summary>
internal static class AppendStatement
{
    private const int AnyCode = -1;
    private const int StreamExistsCode = -2;

    internal const string LockSql = $"""
        SELECT {PlannerCare.Expression}, pg_advisory_xact_lock(streams.key)
        FROM (
            SELECT DISTINCT hashtextextended(aggregate_id, '{SchemaNames.EventsTable}'::regclass::oid::bigint) AS key
            FROM unnest($1) AS named (aggregate_id)
            ORDER BY key
        ) AS streams
        """;

    // Inserts all rows or none. The INSERT evaluates its defaults above the ORDER BY, so versions are drawn in the caller's order.
    private const string InsertSql = $"""
        WITH given AS MATERIALIZED (
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6) WITH ORDINALITY
                AS given (id, aggregate_id, event_type, data, metadata, created_at, place)
        ), heads AS MATERIALIZED (
            SELECT named.aggregate_id, named.expected, coalesce(
                (SELECT stream_version FROM {SchemaNames.EventsTable} AS e
                 WHERE e.aggregate_id = named.aggregate_id ORDER BY stream_version DESC LIMIT 1), 0) AS head
            FROM unnest($7, $8) AS named (aggregate_id, expected)
        )
        INSERT INTO {SchemaNames.EventsTable} (id, aggregate_id, event_type, data, metadata, created_at, stream_version)
        SELECT
            given.id, given.aggregate_id, given.event_type, given.data, given.metadata, coalesce(given.created_at, now()),
            heads.head + row_number() OVER (PARTITION BY given.aggregate_id ORDER BY given.place)
        FROM given
        JOIN heads ON heads.aggregate_id = given.aggregate_id
        WHERE NOT EXISTS (SELECT FROM {SchemaNames.EventsTable} AS e WHERE e.id = ANY ($1))
            AND NOT EXISTS (
                SELECT FROM heads
                WHERE CASE expected WHEN -1 THEN false WHEN -2 THEN head = 0 ELSE head <> expected END)
        ORDER BY given.place
        RETURNING version, stream_version
        """;

    // Asked only after nothing was inserted. Equal as JSONB compares.
    private const string StoredSql = $"""
        SELECT
            e.version, e.stream_version,
            e.aggregate_id = given.aggregate_id
                AND e.event_type = given.event_type
                AND e.data IS NOT DISTINCT FROM given.data
                AND e.metadata IS NOT DISTINCT FROM given.metadata
        FROM unnest($1, $2, $3, $4, $5) WITH ORDINALITY AS given (id, aggregate_id, event_type, data, metadata, place)
        LEFT JOIN {SchemaNames.EventsTable} AS e ON e.id = given.id
        ORDER BY given.place
        """;

    internal const string HeadsSql = $"""
        SELECT coalesce(
            (SELECT stream_version FROM {SchemaNames.EventsTable} AS e
             WHERE e.aggregate_id = named.aggregate_id ORDER BY stream_version DESC LIMIT 1), 0)
        FROM unnest($1) WITH ORDINALITY AS named (aggregate_id, place)
        ORDER BY place
        """;

    /// <summary>Inserts everything in the caller's order, or returns null where an id is taken or an expectation does not hold.</summary>
    internal static async Task<IReadOnlyList<AppendedEvent>?> TryInsertAsync(
        NpgsqlConnection connection, AppendRequest request, CancellationToken cancellationToken)
    {
        await using var batch = connection.CreateBatch();
        batch.BatchCommands.Add(Command(LockSql, TextArray(request.Streams)));
        batch.BatchCommands.Add(Command(
            InsertSql,
            [
                .. Columns(request.Events),
                new NpgsqlParameter<DateTimeOffset?[]>
                {
                    NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
                    TypedValue = [.. request.Events.Select(e => e.CreatedAt)],
                },
                TextArray(request.Streams),
                new NpgsqlParameter<long[]> { TypedValue = [.. request.Expected.Select(Code)] },
            ]));

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        var appended = new List<AppendedEvent>(request.Events.Count);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var given = request.Events[appended.Count];
            appended.Add(new AppendedEvent(given.Id, given.AggregateId, new EventVersion(reader.GetInt64(0)), reader.GetInt64(1)));
        }

        // The commit comes after the rows: an error there must surface before anything counts as stored.
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        return appended.Count == 0 ? null : appended;
    }

    /// <summary>Which of the events are stored, in the caller's order, and how far the streams go.</summary>
    internal static async Task<(IReadOnlyList<StoredMatch> Stored, IReadOnlyList<long> Heads)> LookUpAsync(
        NpgsqlConnection connection, AppendRequest request, CancellationToken cancellationToken)
    {
        await using var batch = connection.CreateBatch();
        batch.BatchCommands.Add(PlannerCare.Command());
        batch.BatchCommands.Add(Command(StoredSql, Columns(request.Events)));
        batch.BatchCommands.Add(Command(HeadsSql, TextArray(request.Streams)));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);

        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        var stored = new List<StoredMatch>(request.Events.Count);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            stored.Add(await reader.IsDBNullAsync(0, cancellationToken).ConfigureAwait(false)
                ? StoredMatch.Absent
                : new StoredMatch(reader.GetInt64(0), reader.GetInt64(1), reader.GetBoolean(2)));
        }

        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        var heads = new List<long>(request.Streams.Length);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            heads.Add(reader.GetInt64(0));
        }

        return (stored, heads);
    }

    private static long Code(ExpectedVersion expected) =>
        expected.StreamVersion ?? (expected == ExpectedVersion.StreamExists ? StreamExistsCode : AnyCode);

    /// <summary>The columns that make an event's content, each as an array: $1 to $5.</summary>
    internal static NpgsqlParameter[] Columns(IReadOnlyList<EventData> events) =>
    [
        TextArray([.. events.Select(e => e.Id)]),
        TextArray([.. events.Select(e => e.AggregateId)]),
        TextArray([.. events.Select(e => e.EventType)]),
        JsonArray([.. events.Select(e => e.Data?.Bytes)]),
        JsonArray([.. events.Select(e => e.Metadata?.Bytes)]),
    ];

    internal static NpgsqlBatchCommand Command(string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }

    internal static NpgsqlParameter<string[]> TextArray(string[] values) => new() { TypedValue = values };

    private static NpgsqlParameter<byte[]?[]> JsonArray(byte[]?[] values) =>
        new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb, TypedValue = values };
}
