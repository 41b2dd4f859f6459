using System.Diagnostics;
using Npgsql;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore;

/// <summary>
/// Clears away what an erasure leaves on the disk: rows that no query and no dump shows, in pages that the server would clean by and by.
/// </summary>
public static class EventStoreVacuum
{
    private const string Tables =
        $"{SchemaNames.EventsTable}, {SchemaNames.AuditTable}, {SchemaNames.ParkedTable}, {SchemaNames.SubscriptionsTable}";

    // Every transaction holds its own virtual id locked until it ends, and its own id once it writes, which any role may see. A dead row stays
    // for who may still look at it: transactions of this database, and those of any that write, since no snapshot taken beside them
    // is younger, not even the one VACUUM FULL takes itself.
    private const string OpenSql = """
        SELECT coalesce(array_agg(coalesce(l.virtualxid, l.transactionid::text)), '{}')
        FROM pg_locks AS l LEFT JOIN pg_stat_activity AS a USING (pid)
        WHERE l.granted AND l.pid IS DISTINCT FROM pg_backend_pid()
            AND (l.locktype = 'transactionid' OR l.locktype = 'virtualxid' AND a.datname = current_database())
        """;

    private const string StillOpenSql = """
        SELECT coalesce(array_agg(DISTINCT coalesce(pid, 0) ORDER BY coalesce(pid, 0)), '{}') FROM pg_locks
        WHERE granted AND locktype IN ('transactionid', 'virtualxid') AND coalesce(virtualxid, transactionid::text) = ANY($1)
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Vacuums the tables of the log, once the transactions that are open now and keep dead rows have ended, those of this database and all that
    /// write in this server; waits a minute for them. Takes as long as the size of the tables asks for.
    /// </summary>
    /// <param name="connectionString">A role that owns the log, and the database: the planner's samples of values are in its catalogs.</param>
    /// <param name="full">
    /// False: dead rows go and their space is used again, while others work; bytes may lie in free space until they are written over. True: the
    /// tables are written anew and the old files removed; nobody can append or read meanwhile, and the disk needs room for a second copy.
    /// Neither reaches WAL, backups and replicas' copies of them.
    /// </param>
    /// <param name="cancellationToken">Ends it; what is done stays done.</param>
    /// <exception cref="EventStoreUnavailableException">
    /// The server cannot be reached or refuses; the role does not own the log, or not the database, and then only the tables are done; or a transaction stayed open, so that not every dead row could go.
    /// </exception>
    public static async Task RunAsync(string connectionString, bool full = false, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        var target = PostgresErrors.Target(connectionString);
        try
        {
            await using var connection = new NpgsqlConnection(ConnectionStrings.ForPrimary(connectionString));
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            var open = await WaitForOpenAsync(connection, cancellationToken).ConfigureAwait(false);

            // VACUUM passes over what the role may not, with no more than a warning.
            var refusals = new List<string>();
            connection.Notice += (_, notice) =>
            {
                if (notice.Notice.InvariantSeverity == "WARNING")
                {
                    refusals.Add(notice.Notice.MessageText);
                }
            };
            var how = full ? "VACUUM (FULL, ANALYZE)" : "VACUUM (ANALYZE)";
            await RunAsync(connection, $"{how} {Tables}", cancellationToken).ConfigureAwait(false);
            if (refusals.Count > 0)
            {
                throw new EventStoreUnavailableException(
                    UnavailableReason.PermissionDenied,
                    $"The role may not vacuum the event log of {target}: {string.Join("; ", refusals)}. Connect as the role that owns it.",
                    null);
            }

            // The planner's samples, which only the owner of the database may vacuum.
            var samples = $"VACUUM {(full ? "(FULL) " : "")}pg_catalog.pg_statistic, pg_catalog.pg_statistic_ext_data";
            await RunAsync(connection, samples, cancellationToken).ConfigureAwait(false);
            if (refusals.Count > 0)
            {
                throw new EventStoreUnavailableException(
                    UnavailableReason.PermissionDenied,
                    $"The tables of the event log of {target} are vacuumed, but the role may not vacuum the planner's samples of their values: "
                        + $"{string.Join("; ", refusals)}. As the owner of the database: {samples};",
                    null);
            }

            if (open.Length > 0)
            {
                throw new EventStoreUnavailableException(
                    UnavailableReason.ServerError,
                    $"Transactions of {target} that began before are still open after {Patience.TotalMinutes:0} minute, of the backends {string.Join(", ", open)} (0: a prepared one): "
                        + "dead rows that they may see are left. Vacuum again when they have ended.",
                    null);
            }
        }
        catch (Exception error) when (PostgresErrors.Describes(error))
        {
            throw PostgresErrors.Translate(error, target);
        }
    }

    /// <returns>The backends whose transactions are open still.</returns>
    private static async Task<int[]> WaitForOpenAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var begun = Stopwatch.GetTimestamp();
        var transactions = await ReadAsync<string>(new NpgsqlCommand(OpenSql, connection)).ConfigureAwait(false);
        int[] open;
        while ((open = await StillOpenAsync().ConfigureAwait(false)).Length > 0 && Stopwatch.GetElapsedTime(begun) < Patience)
        {
            await Task.Delay(LookAgain, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }

        return open;

        Task<int[]> StillOpenAsync() =>
            ReadAsync<int>(new NpgsqlCommand(StillOpenSql, connection) { Parameters = { new NpgsqlParameter { Value = transactions } } });

        async Task<T[]> ReadAsync<T>(NpgsqlCommand command)
        {
            await using (command)
            {
                return (T[])(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
            }
        }
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
