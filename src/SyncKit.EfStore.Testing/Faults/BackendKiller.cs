using Npgsql;

namespace SyncKit.EfStore.Testing;

/// <summary>
/// Terminates sessions of one database on the server's side, as an administrator or a failover would. Sessions of other databases, and those
/// of killers themselves, are never touched. Works through server restarts: each call connects anew. Safe for several threads.
/// </summary>
/// <param name="connectionString">The database, and a role that may terminate its sessions: the same role, a superuser, or <c>pg_signal_backend</c>.</param>
public sealed class BackendKiller(string connectionString)
{
    private const string OwnName = "synckit-backend-killer";

    private const string VictimsSql = $"""
        SELECT pid
        FROM pg_stat_activity
        WHERE datname = current_database()
            AND backend_type = 'client backend'
            AND pid <> pg_backend_pid()
            AND application_name <> '{OwnName}'
            AND ($1::text IS NULL OR application_name = $1)
        ORDER BY backend_start, pid
        """;

    // Returns when the session is gone, locks and all; or false after five seconds, or where it went by itself.
    private const string KillSql =
        "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE datname = current_database() AND pid = ANY ($1)";

    private long _killed;

    /// <summary>How many sessions this object has terminated so far.</summary>
    public long Killed => Interlocked.Read(ref _killed);

    /// <summary>Terminates every session of one application, and waits until they are gone.</summary>
    /// <param name="applicationName">The exact <c>application_name</c>.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>How many were terminated.</returns>
    /// <exception cref="NpgsqlException">The server refused, or could not be reached.</exception>
    public Task<int> KillAsync(string applicationName, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(applicationName);
        return KillSomeAsync(applicationName, victims => victims, cancellationToken);
    }

    /// <summary>Terminates one session, and waits until it is gone.</summary>
    /// <param name="processId">Its <c>pid</c>. Nothing happens where it is not a session of this database.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Whether it was terminated.</returns>
    /// <exception cref="NpgsqlException">The server refused, or could not be reached.</exception>
    public async Task<bool> KillAsync(int processId, CancellationToken cancellationToken = default) =>
        await KillSomeAsync(null, victims => victims.Where(pid => pid == processId), cancellationToken).ConfigureAwait(false) > 0;

    /// <summary>Terminates every session of the database but the killers' own, and waits until they are gone.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>How many were terminated.</returns>
    /// <exception cref="NpgsqlException">The server refused, or could not be reached.</exception>
    public Task<int> KillAllAsync(CancellationToken cancellationToken = default) =>
        KillSomeAsync(null, victims => victims, cancellationToken);

    /// <summary>Terminates one session by chance.</summary>
    /// <param name="random">Chooses among the sessions in the order in which they began.</param>
    /// <param name="applicationName">Only sessions of this application; <see langword="null"/> for all.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="NpgsqlException">The server refused, or could not be reached.</exception>
    public async Task<bool> KillOneAsync(Random random, string? applicationName = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(random);
        return await KillSomeAsync(
            applicationName, victims => victims.Length == 0 ? [] : [victims[random.Next(victims.Length)]], cancellationToken).ConfigureAwait(false) > 0;
    }

    /// <summary>Goes on terminating sessions by chance until cancelled. A server that cannot be reached is tried again.</summary>
    /// <param name="perSecond">How many a second on average, more than 0 and at most 1,000; pauses vary as those of independent accidents do.</param>
    /// <param name="seed">The same seed makes the same pauses and the same choices.</param>
    /// <param name="applicationName">Only sessions of this application; <see langword="null"/> for all.</param>
    /// <param name="cancellationToken">Ends it, without an exception.</param>
    /// <returns>A task that ends when cancelled.</returns>
    public async Task RunAsync(double perSecond, int seed, string? applicationName = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(perSecond);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(perSecond, 1_000);
        var random = new Random(seed);
        try
        {
            while (true)
            {
                // 1 - NextDouble is never 0. The longest pause is ten times the mean, so that no chance stops the killing.
                var pause = Math.Min(-Math.Log(1 - random.NextDouble()), 10) / perSecond;
                await Task.Delay(TimeSpan.FromSeconds(pause), TimeProvider.System, cancellationToken).ConfigureAwait(false);
                try
                {
                    await KillOneAsync(random, applicationName, cancellationToken).ConfigureAwait(false);
                }
                catch (NpgsqlException) when (!cancellationToken.IsCancellationRequested)
                {
                    // The server is away, or full. The next turn finds out.
                }
            }
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // Asked to end; whatever that threw is not news.
        }
    }

    private async Task<int> KillSomeAsync(string? applicationName, Func<int[], IEnumerable<int>> choose, CancellationToken cancellationToken)
    {
        var connection = await FaultSession.OpenAsync(connectionString, OwnName, cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var victims = await connection.ScalarAsync<int[]>(
                $"SELECT array({VictimsSql})", cancellationToken, FaultSession.Text(applicationName)).ConfigureAwait(false);
            var chosen = new NpgsqlParameter { Value = choose(victims).ToArray() };
            var killed = (int)await connection.ScalarAsync<long>(KillSql, cancellationToken, chosen).ConfigureAwait(false);
            Interlocked.Add(ref _killed, killed);
            return killed;
        }
    }
}
