using Npgsql;

namespace SyncKit.EfStore.Benchmarks.Servers;

/// <summary>
/// One session that listens to all events, in every contender's database alike: without a listener NOTIFY costs less. It takes what comes and
/// does nothing with it.
/// </summary>
internal sealed class GlobalListener : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly NpgsqlConnection _connection;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _loop = Task.CompletedTask;

    private GlobalListener(NpgsqlConnection connection) => _connection = connection;

    internal static async Task<GlobalListener> StartAsync(string connectionString, CancellationToken cancellationToken)
    {
        var connection = await Sql.OpenAsync(connectionString, cancellationToken);
        var listener = new GlobalListener(connection);
        connection.Notification += (_, _) => listener._first.TrySetResult();
        await using (var listen = new NpgsqlCommand("LISTEN events_global", connection))
        {
            await listen.ExecuteNonQueryAsync(cancellationToken);
        }

        listener._loop = Task.Run(listener.LoopAsync, CancellationToken.None);
        return listener;
    }

    /// <summary>Ends when a notification has come: then they are on.</summary>
    /// <exception cref="TimeoutException">None comes.</exception>
    internal async Task ProveAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _first.Task.WaitAsync(Patience, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"No notification came within {Patience.TotalSeconds:0} s, though notifications should be on.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _loop;
        await _connection.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task LoopAsync()
    {
        try
        {
            while (true)
            {
                await _connection.WaitAsync(_stopping.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }
}
