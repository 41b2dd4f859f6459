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

    /// <summary>Vacuums the tables of the log. Takes as long as their size asks for.</summary>
    /// <param name="connectionString">A role that owns the log.</param>
    /// <param name="full">
    /// False: dead rows go and their space is used again, while others work; bytes may lie in free space until they are written over. True: the
    /// tables are written anew and the old files removed; nobody can append or read meanwhile, and the disk needs room for a second copy.
    /// Neither reaches WAL, backups and replicas' copies of them.
    /// </param>
    /// <param name="cancellationToken">Ends it; what is done stays done.</param>
    /// <exception cref="EventStoreUnavailableException">The server cannot be reached or refuses, or the role does not own the log.</exception>
    public static async Task RunAsync(string connectionString, bool full = false, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        var target = PostgresErrors.Target(connectionString);
        try
        {
            await using var connection = new NpgsqlConnection(connectionString);
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);

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

            // The planner's samples; only the owner of the database may, and the server does it by itself before long.
            await RunAsync(connection, $"VACUUM {(full ? "(FULL) " : "")}pg_catalog.pg_statistic", cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (PostgresErrors.Describes(error))
        {
            throw PostgresErrors.Translate(error, target);
        }
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
