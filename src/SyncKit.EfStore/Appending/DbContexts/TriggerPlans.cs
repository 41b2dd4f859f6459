using System.Collections.Concurrent;
using Npgsql;

namespace SyncKit.EfStore.Appending.DbContexts;

/// <summary>
/// Keeps the plans of the log's triggers alive on the application's pooled connections. When a connection goes back to its pool, Npgsql resets it
/// by DISCARD ALL, which throws away every plan of the session, and the next save plans the triggers anew: 0.5 ms of 2 ms. A connection that holds
/// a prepared statement is reset piece by piece instead (session settings, cursors, LISTEN, advisory locks, sequences, temporary tables): the same,
/// but for the plans. So a save prepares one small statement on each connection that has none.
/// </summary>
/// <remarks>
/// Not behind a pooler, where the statement would stay with a connection that serves others too: a pooler names a process id of its own when one
/// connects, so the server is asked once a connection string. https://www.npgsql.org/doc/prepare.html
/// </remarks>
internal static class TriggerPlans
{
    private const string ProcessIdSql = "SELECT pg_backend_pid()";

    // An application has one connection string or a few; one that makes them up as it goes must not fill the memory.
    private const int MaxKnown = 1_000;

    private static readonly ConcurrentDictionary<string, bool> CanKeep = new(StringComparer.Ordinal);

    /// <summary>To be called before a save on an open connection: costs nothing but for the first save on a connection, which takes a round trip.</summary>
    internal static async ValueTask KeepAsync(NpgsqlConnection connection, bool async, CancellationToken cancellationToken)
    {
        var connectionString = connection.ConnectionString;
        if (!CanKeep.TryGetValue(connectionString, out var canKeep))
        {
            canKeep = IsDiscarded(connectionString) && await IsServerItselfAsync(connection, async, cancellationToken).ConfigureAwait(false);
            if (CanKeep.Count < MaxKnown)
            {
                CanKeep[connectionString] = canKeep;
            }
        }

        if (canKeep)
        {
            await using var statement = new NpgsqlCommand(ProcessIdSql, connection);
            if (async)
            {
                await statement.PrepareAsync(cancellationToken).ConfigureAwait(false);
            }
            else
            {
                statement.Prepare();
            }
        }
    }

    private static bool IsDiscarded(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        return settings is { Pooling: true, Multiplexing: false, NoResetOnClose: false, MaxAutoPrepare: 0 };
    }

    private static async ValueTask<bool> IsServerItselfAsync(NpgsqlConnection connection, bool async, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(ProcessIdSql, connection);
        var processId = async ? await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) : command.ExecuteScalar();
        return processId is int id && id == connection.ProcessID;
    }
}
