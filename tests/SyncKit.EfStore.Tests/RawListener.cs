using Npgsql;

namespace SyncKit.EfStore.Tests;

/// <summary>A LISTEN session of another program. Collects what arrives, and knows when everything has.</summary>
internal sealed class RawListener : IAsyncDisposable
{
    private const string MarkerChannel = "test_marker";

    private readonly NpgsqlConnection _listening;
    private readonly NpgsqlConnection _notifying;
    private readonly List<(string Channel, string Payload)> _received = [];
    private string _marker = "";
    private bool _markerCame;
    private int _markers;

    private RawListener(NpgsqlConnection listening, NpgsqlConnection notifying)
    {
        _listening = listening;
        _notifying = notifying;
        _listening.Notification += (_, notification) =>
        {
            _received.Add((notification.Channel, notification.Payload));
            _markerCame |= notification.Channel == MarkerChannel && notification.Payload == _marker;
        };
    }

    internal static async Task<RawListener> StartAsync(string connectionString, params string[] channels)
    {
        var listener = new RawListener(await RawSql.ConnectAsync(connectionString), await RawSql.ConnectAsync(connectionString));
        foreach (var channel in channels.Append(MarkerChannel))
        {
            await listener._listening.RunAsync($"LISTEN \"{channel.Replace("\"", "\"\"", StringComparison.Ordinal)}\"");
        }

        return listener;
    }

    /// <summary>
    /// What arrived since the last call. Notifications come in the order of commits, so all that was committed before this call
    /// has come once a marker sent now has.
    /// </summary>
    internal async Task<IReadOnlyList<(string Channel, string Payload)>> DrainAsync()
    {
        (_marker, _markerCame) = ($"marker {++_markers}", false);
        await _notifying.RunAsync("SELECT pg_notify($1, $2)", MarkerChannel, _marker);
        while (!_markerCame)
        {
            await _listening.WaitAsync();
        }

        var drained = _received.Where(notification => notification.Channel != MarkerChannel).ToList();
        _received.Clear();
        return drained;
    }

    public async ValueTask DisposeAsync()
    {
        await _listening.DisposeAsync();
        await _notifying.DisposeAsync();
    }
}
