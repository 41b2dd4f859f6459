using Npgsql;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Ordering;

/// <summary>
/// Which transactions may still commit a version below one already seen. <c>nextval</c> takes RowExclusiveLock on the sequence before it
/// draws, the top-level transaction keeps it to its end, and a transaction is visible before its locks go (PostgreSQL, sequence.c
/// and xact.c). So: rows first, locks second, wait until those holders have ended, rows again. Any other order loses events.
/// </summary>
internal static class SequenceLocks
{
    // Prepared transactions keep their virtual transaction but have no pid: never join on pid.
    private const string HoldersSql = $"""
        SELECT virtualtransaction
        FROM pg_locks
        WHERE locktype = 'relation'
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND relation = (SELECT pg_get_serial_sequence('{SchemaNames.EventsTable}', 'version')::regclass)
            AND mode = 'RowExclusiveLock'
            AND pid IS DISTINCT FROM pg_backend_pid()
        """;

    // The statement's snapshot, which max() reads by, precedes its execution, which reads the locks: rows first, locks second.
    private const string ObserveSql = $"""
        SELECT
            coalesce((SELECT version FROM {SchemaNames.EventsTable} ORDER BY version DESC LIMIT 1), 0),
            array({HoldersSql})
        """;

    private const string StillOpenSql = $"SELECT EXISTS (SELECT FROM ({HoldersSql}) AS holders WHERE virtualtransaction = ANY ($1))";

    /// <summary>The highest visible version, and who may still commit below it.</summary>
    internal static async Task<OpenAppends> ObserveAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var batch = connection.CreateBatch();
        batch.BatchCommands.Add(PlannerCare.Command());
        batch.BatchCommands.Add(new NpgsqlBatchCommand(ObserveSql));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        return new OpenAppends(reader.GetInt64(0), reader.GetFieldValue<string[]>(1));
    }

    /// <summary>Whether any of the holders is still open. Once false, everything up to the highest version seen is final.</summary>
    internal static async Task<bool> AreStillOpenAsync(
        NpgsqlConnection connection, OpenAppends seen, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(StillOpenSql, connection);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = seen.Holders });
        return (bool)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
    }
}
