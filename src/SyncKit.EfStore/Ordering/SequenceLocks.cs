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
    private const string HoldersSql = $"SELECT virtualtransaction {FromHolders}";

    private const string FromHolders = $"""
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

    // Locks are read only where there is a gap between the mark ($1) and the newest version: CASE does not run the other branch.
    private const string LookSql = $"""
        SELECT
            coalesce(newest.version, 0),
            newest.id,
            (SELECT id FROM {SchemaNames.EventsTable} WHERE version = $2),
            run.last,
            CASE WHEN run.last = coalesce(newest.version, 0) THEN NULL ELSE array({HoldersSql}) END,
            pg_postmaster_start_time(),
            pg_is_in_recovery()
        FROM (SELECT coalesce(max(version), $1) AS last
              FROM (SELECT version, row_number() OVER (ORDER BY version) AS place
                    FROM {SchemaNames.EventsTable} WHERE version > $1 ORDER BY version LIMIT $3) AS following
              WHERE version = $1 + place) AS run
        LEFT JOIN (SELECT version, id FROM {SchemaNames.EventsTable} ORDER BY version DESC LIMIT 1) AS newest ON true
        """;

    // Longer runs take several looks, or the lock read that a look without a gap saves.
    private const long LongestRun = 1_000;

    // Ends at the first gap, however far that is, in constant memory.
    private const string RunEndSql = $"""
        SELECT CASE WHEN EXISTS (SELECT FROM {SchemaNames.EventsTable} WHERE version = $1 + 1)
            THEN (SELECT version
                  FROM (SELECT version, lead(version) OVER (ORDER BY version) AS next FROM {SchemaNames.EventsTable} WHERE version > $1) AS pairs
                  WHERE next IS DISTINCT FROM version + 1
                  ORDER BY version
                  LIMIT 1)
            ELSE $1 END
        """;

    // Another transaction's state and start are hidden from ordinary roles, its pid and application are not.
    private const string DescribeSql = $"""
        SELECT holder.pid, activity.application_name, activity.usename::text, activity.state, activity.xact_start, prepared.gid
        FROM (SELECT virtualtransaction, pid {FromHolders}) AS holder
        LEFT JOIN pg_stat_activity AS activity ON activity.pid = holder.pid
        LEFT JOIN pg_locks AS own
            ON holder.pid IS NULL AND own.virtualtransaction = holder.virtualtransaction
            AND own.locktype = 'transactionid' AND own.mode = 'ExclusiveLock'
        LEFT JOIN pg_prepared_xacts AS prepared ON prepared.transaction = own.transactionid
        WHERE holder.virtualtransaction = $1
        LIMIT 1
        """;

    /// <summary>A look for <see cref="SettledHorizon.Observe"/>, at its mark and its highest version.</summary>
    internal static async Task<LogObservation> LookAsync(
        NpgsqlConnection connection, SettledHorizon horizon, string target, CancellationToken cancellationToken)
    {
        await using var batch = connection.CreateBatch();
        batch.BatchCommands.Add(PlannerCare.Command());
        batch.BatchCommands.Add(Sql.Command(LookSql, Sql.Bigint(horizon.Mark), Sql.Bigint(horizon.Highest), Sql.Bigint(LongestRun)));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (reader.GetBoolean(6))
        {
            throw PostgresErrors.Standby(target);
        }

        return new LogObservation(
            reader.GetInt64(0),
            reader.IsDBNull(1) ? null : reader.GetString(1),
            reader.IsDBNull(2) ? null : reader.GetString(2),
            reader.GetInt64(3),
            reader.IsDBNull(4) ? null : reader.GetFieldValue<string[]>(4),
            reader.GetDateTime(5));
    }

    /// <summary>The last of the versions that follow one without a gap; that one itself where its successor is missing.</summary>
    internal static async Task<long> RunEndAsync(NpgsqlConnection connection, long after, CancellationToken cancellationToken)
    {
        if (after == long.MaxValue)
        {
            return after;
        }

        await using var batch = connection.CreateBatch();
        batch.BatchCommands.Add(PlannerCare.Command());
        batch.BatchCommands.Add(Sql.Command(RunEndSql, Sql.Bigint(after)));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        return reader.GetInt64(0);
    }

    /// <summary>Who a holder is; null where it has ended.</summary>
    internal static async Task<SettledMarkHolder?> DescribeAsync(
        NpgsqlConnection connection, OpenHolder holder, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(DescribeSql, connection);
        command.Parameters.Add(Sql.Text(holder.VirtualTransaction));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        return await reader.ReadAsync(cancellationToken).ConfigureAwait(false)
            ? new SettledMarkHolder
            {
                VirtualTransaction = holder.VirtualTransaction,
                ProcessId = reader.IsDBNull(0) ? null : reader.GetInt32(0),
                ApplicationName = Text(1),
                UserName = Text(2),
                State = Text(3),
                TransactionStart = reader.IsDBNull(4) ? null : reader.GetFieldValue<DateTimeOffset>(4),
                PreparedTransaction = Text(5),
                SeenSince = holder.SeenSince,
            }
            : null;

        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
    }

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
