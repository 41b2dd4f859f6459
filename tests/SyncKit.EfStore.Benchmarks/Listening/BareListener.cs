using System.Text.Json;
using Npgsql;
using SyncKit.EfStore.Benchmarks.Servers;

namespace SyncKit.EfStore.Benchmarks.Listening;

/// <summary>The least there is: LISTEN and WaitAsync in a loop. The payload is not even parsed before the clock has stopped.</summary>
internal sealed class BareListener : INotified
{
    internal const string Name = "bare Npgsql loop";

    private readonly NpgsqlConnection _connection;
    private readonly CancellationTokenSource _stopping = new();
    private Task _loop = Task.CompletedTask;

    private BareListener(NpgsqlConnection connection) => _connection = connection;

    public Arrivals Arrivals { get; } = new();

    internal static async Task<INotified> StartAsync(string connectionString, CancellationToken cancellationToken)
    {
        var connection = await Sql.OpenAsync(connectionString, cancellationToken);
        var listener = new BareListener(connection);
        connection.Notification += (_, notification) => listener.Arrivals.Add(notification.Payload);
        await using (var listen = new NpgsqlCommand("LISTEN events_global", connection))
        {
            await listen.ExecuteNonQueryAsync(cancellationToken);
        }

        listener._loop = Task.Run(listener.LoopAsync, CancellationToken.None);
        return listener;
    }

    public string IdOf(string what)
    {
        using var payload = JsonDocument.Parse(what);
        return payload.RootElement.GetProperty("id").GetString()!;
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
