using System.Globalization;
using Npgsql;

namespace SyncKit.EfStore.Testing;

/// <summary>
/// Every commit that inserts events takes its time, whoever makes it, the store under test included: the versions are drawn, the rows are
/// written, and the transaction stays open for a while before it commits. Dispose it to be quick again. Safe for several threads.
/// </summary>
/// <remarks>A deferred constraint trigger on the table <c>events</c>: the role must own the table. Meant for databases of tests only.</remarks>
public sealed class DelayedCommits : IAsyncDisposable
{
    private const string ApplicationName = "synckit-delayed-commits";

    // Once for each transaction, not for each row: the setting remembers which has waited.
    private const string FunctionSql =
        """
        CREATE OR REPLACE FUNCTION synckit_delay_commit()
        RETURNS TRIGGER
        LANGUAGE plpgsql
        AS $function$
        BEGIN
            IF TG_ARGV[1] NOT IN ('', current_setting('application_name'))
                OR current_setting('synckit.delayed', true) IS NOT DISTINCT FROM pg_current_xact_id()::text
            THEN
                RETURN NULL;
            END IF;

            PERFORM set_config('synckit.delayed', pg_current_xact_id()::text, true);
            PERFORM pg_sleep(TG_ARGV[0]::float8);
            RETURN NULL;
        END
        $function$
        """;

    // The arguments of a trigger are literals: DDL takes no parameters, so the server quotes them.
    private const string TriggerSql =
        """
        SELECT format(
            'CREATE CONSTRAINT TRIGGER synckit_delay_commit AFTER INSERT ON events DEFERRABLE INITIALLY DEFERRED
             FOR EACH ROW EXECUTE FUNCTION synckit_delay_commit(%L, %L)',
            $1, $2)
        """;

    private const string DropSql =
        "DROP TRIGGER IF EXISTS synckit_delay_commit ON events; DROP FUNCTION IF EXISTS synckit_delay_commit()";

    private readonly string _connectionString;
    private int _disposed;

    private DelayedCommits(string connectionString) => _connectionString = connectionString;

    /// <summary>Delays each commit from now on. Waits for the transactions that are writing events at this moment.</summary>
    /// <param name="connectionString">The database of an event store.</param>
    /// <param name="delay">How long each such commit waits, zero or more.</param>
    /// <param name="applicationName">Only commits of sessions with this <c>application_name</c>; <see langword="null"/> for all.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Once it is in place; dispose it to take it away.</returns>
    /// <exception cref="NpgsqlException">The server refused, for one where commits are delayed already, or could not be reached.</exception>
    public static async Task<DelayedCommits> StartAsync(
        string connectionString, TimeSpan delay, string? applicationName = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        var connection = await FaultSession.OpenAsync(connectionString, ApplicationName, cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            await connection.ExecuteAsync(FunctionSql, cancellationToken).ConfigureAwait(false);
            var trigger = await connection.ScalarAsync<string>(
                TriggerSql,
                cancellationToken,
                FaultSession.Text(delay.TotalSeconds.ToString(CultureInfo.InvariantCulture)),
                FaultSession.Text(applicationName ?? "")).ConfigureAwait(false);
            await connection.ExecuteAsync(trigger, cancellationToken).ConfigureAwait(false);
        }

        return new DelayedCommits(connectionString);
    }

    /// <summary>Takes the delay away; waits for the transactions that are writing events. Does nothing the second time.</summary>
    /// <returns>A task that ends when commits are quick again.</returns>
    /// <exception cref="NpgsqlException">The server refused, or could not be reached.</exception>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
        {
            return;
        }

        var connection = await FaultSession.OpenAsync(_connectionString, ApplicationName, CancellationToken.None).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            await connection.ExecuteAsync(DropSql, CancellationToken.None).ConfigureAwait(false);
        }
    }
}
