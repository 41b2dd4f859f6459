using Microsoft.Extensions.Logging;
using Npgsql;
using SyncKit.EfStore.Diagnostics;

namespace SyncKit.EfStore.Notifications;

/// <summary>
/// How full the server's queue of notifications is. One session that listens and stays in a transaction, in any database, fills it; once it
/// is full, every transaction that notifies fails. Owned by one task.
/// </summary>
internal sealed class QueueUsage(EventStoreMetrics metrics, ILogger logger)
{
    internal const double Much = 0.5;

    private bool _much;

    internal async Task CheckAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT pg_notification_queue_usage()", connection);
        try
        {
            Note((double)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!);
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            // Everyone may ask, unless an administrator took that away: no reason not to read the log.
        }
    }

    /// <summary>Takes note of a share of the queue, 0 to 1; says so when it has become much, and when it no longer is.</summary>
    internal void Note(double usage)
    {
        metrics.QueueUsage(usage);
        if (usage > Much == _much)
        {
            return;
        }

        _much = !_much;
        if (_much)
        {
            Log.NotificationQueueFilling(logger, usage);
        }
        else
        {
            Log.NotificationQueueDrained(logger, usage);
        }
    }
}
