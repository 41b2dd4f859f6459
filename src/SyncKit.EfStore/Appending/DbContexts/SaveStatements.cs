using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Appending.DbContexts;

/// <summary>
/// What a save asks the server besides EF Core's own INSERTs. The transaction may be the application's, so the planner's setting is put back.
/// Each method completes synchronously where <c>async</c> is false.
/// </summary>
/// <param name="table">The log as the context's model names it, quoted as SQL takes it.</param>
internal sealed class SaveStatements(string table)
{
    private static readonly ConcurrentDictionary<string, SaveStatements> Known = new(StringComparer.Ordinal);

    // A plan prepared while the table was empty would scan it when it is full.
    private const string PlannerCareSql =
        "SELECT set_config('synckit.enable_seqscan', current_setting('enable_seqscan'), true), set_config('enable_seqscan', 'off', true)";

    private const string PutBackSql = "SELECT set_config('enable_seqscan', current_setting('synckit.enable_seqscan'), true)";

    private const string LockSql = $"""
        SELECT pg_advisory_xact_lock(streams.key)
        FROM (
            SELECT DISTINCT {StreamLock.KeyOfColumnInNamedTable} AS key
            FROM unnest($1) AS named (aggregate_id)
            ORDER BY key
        ) AS streams
        """;

    private readonly string _checkSql = $"SELECT {HeadsSql(table)}, EXISTS (SELECT FROM {table} AS e WHERE e.id = ANY ($2))";

    private readonly string _lookUpSql = $"""
        WITH found AS MATERIALIZED (
            SELECT given.place, given.id, {SameEvent.Sql} AS equal
            FROM unnest($2, $3, $4, $5, $6) WITH ORDINALITY AS given (id, aggregate_id, event_type, data, metadata, place)
            JOIN {table} AS e ON e.id = given.id
        )
        SELECT {HeadsSql(table)},
            ARRAY(SELECT id FROM found WHERE equal ORDER BY place),
            ARRAY(SELECT id FROM found WHERE NOT equal ORDER BY place)
        """;

    /// <summary>Those for the table that a context's model maps the events to.</summary>
    internal static SaveStatements For(DbContext context)
    {
        var entity = context.Model.FindEntityType(typeof(EventRow))!;
        var table = context.GetService<ISqlGenerationHelper>().DelimitIdentifier(entity.GetTableName()!, entity.GetSchema());
        return Known.GetOrAdd(table, static named => new SaveStatements(named));
    }

    /// <summary>Locks the streams; then, in a statement whose snapshot is younger, reads how far they go and whether an id is taken.</summary>
    internal async ValueTask<(long[] Heads, bool IdTaken)> LockAndReadAsync(
        NpgsqlConnection connection, EventSave save, int timeout, bool async, CancellationToken cancellationToken)
    {
        using var batch = connection.CreateBatch();
        batch.Timeout = timeout;
        batch.BatchCommands.Add(new NpgsqlBatchCommand(PlannerCareSql));
        batch.BatchCommands.Add(Sql.Command(LockSql, Sql.Texts(save.Streams), Sql.Text(table)));
        batch.BatchCommands.Add(Sql.Command(_checkSql, Sql.Texts(save.Streams), Sql.Texts([.. save.Rows.Select(row => row.Id)])));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(PutBackSql));
        using var reader = await RowAsync(batch, results: 2, async, cancellationToken).ConfigureAwait(false);
        var read = (reader.GetFieldValue<long[]>(0), reader.GetBoolean(1));
        await DrainAsync(reader, async, cancellationToken).ConfigureAwait(false);
        return read;
    }

    /// <summary>How far the streams go, and which of the rows are stored.</summary>
    internal async ValueTask<StoredPart> LookUpAsync(
        NpgsqlConnection connection, EventSave save, bool async, CancellationToken cancellationToken)
    {
        using var batch = connection.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(PlannerCareSql));
        batch.BatchCommands.Add(Sql.Command(
            _lookUpSql,
            Sql.Texts(save.Streams),
            Sql.Texts([.. save.Rows.Select(row => row.Id)]),
            Sql.Texts([.. save.Rows.Select(row => row.AggregateId)]),
            Sql.Texts([.. save.Rows.Select(row => row.EventType)]),
            Sql.Jsons([.. save.Rows.Select(row => RowJson.Utf8(row.Data))]),
            Sql.Jsons([.. save.Rows.Select(row => RowJson.Utf8(row.Metadata))])));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(PutBackSql));
        using var reader = await RowAsync(batch, results: 1, async, cancellationToken).ConfigureAwait(false);
        var stored = new StoredPart(reader.GetFieldValue<long[]>(0), reader.GetFieldValue<string[]>(1), reader.GetFieldValue<string[]>(2));
        await DrainAsync(reader, async, cancellationToken).ConfigureAwait(false);
        return stored;
    }

    private static string HeadsSql(string table) => $"""
        ARRAY(
            SELECT coalesce(
                (SELECT stream_version FROM {table} AS e
                 WHERE e.aggregate_id = named.aggregate_id ORDER BY stream_version DESC LIMIT 1), 0)
            FROM unnest($1) WITH ORDINALITY AS named (aggregate_id, place)
            ORDER BY place)
        """;

    /// <summary>The one row that comes after so many results.</summary>
    private static async ValueTask<NpgsqlDataReader> RowAsync(NpgsqlBatch batch, int results, bool async, CancellationToken cancellationToken)
    {
        var reader = async ? await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false) : batch.ExecuteReader();
        for (var i = 0; i < results; i++)
        {
            _ = async ? await reader.NextResultAsync(cancellationToken).ConfigureAwait(false) : reader.NextResult();
        }

        _ = async ? await reader.ReadAsync(cancellationToken).ConfigureAwait(false) : reader.Read();
        return reader;
    }

    private static async ValueTask DrainAsync(NpgsqlDataReader reader, bool async, CancellationToken cancellationToken)
    {
        while (async ? await reader.NextResultAsync(cancellationToken).ConfigureAwait(false) : reader.NextResult())
        {
        }
    }
}
