using Npgsql;
using NpgsqlTypes;
using SyncKit.EfStore.Appending;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Importing;

/// <summary>
/// A batch as the server sees it: the locks and, in later statements whose snapshots are younger than the locks, where the streams stand;
/// then COPY with every value supplied, so that no row trigger fires. Inside a transaction of the caller's, under READ COMMITTED.
/// </summary>
internal static class CopyStatement
{
    // Alone in its statement, since the value must be the transaction's own, to the microsecond.
    private const string NowSql = "SELECT now()";

    // Those that are stored.
    private const string StoredSql = $"""
        SELECT
            given.place::int,
            {SameEvent.Sql}
        FROM unnest($1, $2, $3, $4, $5) WITH ORDINALITY AS given (id, aggregate_id, event_type, data, metadata, place)
        JOIN {SchemaNames.EventsTable} AS e ON e.id = given.id
        """;

    private const string CopySql = $"""
        COPY {SchemaNames.EventsTable} (id, aggregate_id, event_type, data, metadata, created_at, stream_version)
        FROM STDIN (FORMAT BINARY)
        """;

    /// <summary>Takes the locks of the batch's streams, unless the table is locked, and reads where they stand.</summary>
    /// <param name="connection">In a transaction.</param>
    /// <param name="part">What is about to be copied.</param>
    /// <param name="takeLocks">False where the transaction holds the table.</param>
    /// <param name="lookUp">Whether to ask as well which of the events are stored.</param>
    /// <param name="cancellationToken">Ends the wait for a lock too.</param>
    internal static async Task<PartState> LookAsync(
        NpgsqlConnection connection, BatchPart part, bool takeLocks, bool lookUp, CancellationToken cancellationToken)
    {
        string[] streams = [.. part.Batch.Streams];
        await using var batch = connection.CreateBatch();
        batch.BatchCommands.Add(takeLocks ? Sql.Command(AppendStatement.LockSql, Sql.Texts(streams)) : PlannerCare.Command());
        batch.BatchCommands.Add(new NpgsqlBatchCommand(NowSql));
        batch.BatchCommands.Add(Sql.Command(AppendStatement.HeadsSql, Sql.Texts(streams)));
        if (lookUp)
        {
            batch.BatchCommands.Add(Sql.Command(StoredSql, AppendStatement.Columns([.. part.Events()])));
        }

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        var now = await reader.GetFieldValueAsync<DateTimeOffset>(0, cancellationToken).ConfigureAwait(false);

        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        var heads = new long[streams.Length];
        for (var i = 0; await reader.ReadAsync(cancellationToken).ConfigureAwait(false); i++)
        {
            heads[i] = reader.GetInt64(0);
        }

        var stored = new Dictionary<int, bool>();
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        while (lookUp && await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            stored.Add(part.From + reader.GetInt32(0) - 1, reader.GetBoolean(1));
        }

        return new PartState(now, heads, stored);
    }

    /// <summary>Copies what is not stored, each event to the end of its stream.</summary>
    /// <param name="connection">In the transaction that looked.</param>
    /// <param name="part">What to copy.</param>
    /// <param name="state">What was seen.</param>
    /// <param name="heads">How far each stream goes, which moves.</param>
    /// <param name="cancellationToken">Ends the COPY, of which nothing is stored then.</param>
    internal static async Task CopyAsync(
        NpgsqlConnection connection, BatchPart part, PartState state, long[] heads, CancellationToken cancellationToken)
    {
        await using var copy = await connection.BeginBinaryImportAsync(CopySql, cancellationToken).ConfigureAwait(false);
        for (var i = part.From; i < part.To; i++)
        {
            if (state.Stored.ContainsKey(i))
            {
                continue;
            }

            var given = part.Batch[i].Event;
            await copy.StartRowAsync(cancellationToken).ConfigureAwait(false);
            await copy.WriteAsync(given.Id, NpgsqlDbType.Text, cancellationToken).ConfigureAwait(false);
            await copy.WriteAsync(given.AggregateId, NpgsqlDbType.Text, cancellationToken).ConfigureAwait(false);
            await copy.WriteAsync(given.EventType, NpgsqlDbType.Text, cancellationToken).ConfigureAwait(false);
            await WriteAsync(copy, given.Data, cancellationToken).ConfigureAwait(false);
            await WriteAsync(copy, given.Metadata, cancellationToken).ConfigureAwait(false);
            await copy.WriteAsync(given.CreatedAt ?? state.Now, NpgsqlDbType.TimestampTz, cancellationToken).ConfigureAwait(false);
            await copy.WriteAsync(++heads[part.Batch.StreamOf(i)], NpgsqlDbType.Bigint, cancellationToken).ConfigureAwait(false);
        }

        await copy.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }

    private static Task WriteAsync(NpgsqlBinaryImporter copy, EventJson? json, CancellationToken cancellationToken) =>
        json is null
            ? copy.WriteNullAsync(cancellationToken)
            : copy.WriteAsync(json.Bytes, NpgsqlDbType.Jsonb, cancellationToken);
}
