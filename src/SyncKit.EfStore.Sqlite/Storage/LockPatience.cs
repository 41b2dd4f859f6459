using Microsoft.Data.Sqlite;
using Polly;
using Polly.Retry;
using Polly.Timeout;
using SQLitePCL;

namespace SyncKit.EfStore.Sqlite.Storage;

/// <summary>
/// Executes what may meet a lock of another connection or process, again and again without blocking a thread, for as long as the options say.
/// Past the driver, which would sleep 150 ms at a time and cannot be cancelled.
/// </summary>
internal sealed class LockPatience(TimeSpan busyTimeout, TimeProvider time)
{
    private readonly ResiliencePipeline<int> _pipeline = new ResiliencePipelineBuilder<int> { TimeProvider = time }
        .AddTimeout(busyTimeout)
        .AddRetry(new RetryStrategyOptions<int>
        {
            // A short append holds the lock for less than a millisecond; a long one is not found out much later than it ends.
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = TimeSpan.FromMilliseconds(1),
            MaxDelay = TimeSpan.FromMilliseconds(25),
            MaxRetryAttempts = int.MaxValue,
            ShouldHandle = args => ValueTask.FromResult(args.Outcome.Exception is null && SqliteErrors.IsBusy(args.Outcome.Result)),
        })
        .Build();

    /// <exception cref="SqliteException">It failed, or the lock was held all the time.</exception>
    internal async Task ExecuteAsync(SqliteConnection connection, string sql, CancellationToken cancellationToken)
    {
        int result;
        try
        {
            result = await _pipeline.ExecuteAsync(
                static (run, _) => ValueTask.FromResult(Try(run.connection.Handle!, run.sql)), (connection, sql), cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutRejectedException error)
        {
            throw new SqliteException(error.Message, raw.SQLITE_BUSY);
        }

        SqliteException.ThrowExceptionForRC(result, connection.Handle);
    }

    private static int Try(sqlite3 handle, string sql)
    {
        var wasInTransaction = raw.sqlite3_get_autocommit(handle) == 0;
        var result = raw.sqlite3_exec(handle, sql);

        // A BEGIN whose lock was not to be had leaves a transaction without one.
        if (result != raw.SQLITE_OK && !wasInTransaction && raw.sqlite3_get_autocommit(handle) == 0)
        {
            _ = raw.sqlite3_exec(handle, "ROLLBACK");
        }

        return result;
    }
}
