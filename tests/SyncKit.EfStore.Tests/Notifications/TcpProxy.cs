using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace SyncKit.EfStore.Tests.Notifications;

/// <summary>A wire between a client and the server that a test can cut, silence, and hold.</summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly string _host;
    private readonly int _port;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private readonly List<Wire> _wires = [];
    private readonly Task _accepting;
    private TaskCompletionSource _flow = Open();
    private TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal TcpProxy(string connectionString)
    {
        var target = new NpgsqlConnectionStringBuilder(connectionString);
        (_host, _port) = (target.Host!, target.Port);
        _listener.Start();
        ConnectionString = new NpgsqlConnectionStringBuilder(connectionString)
        {
            Host = "127.0.0.1",
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port,
        }.ConnectionString;
        _accepting = AcceptAsync();
    }

    /// <summary>The same database, through the wire.</summary>
    internal string ConnectionString { get; }

    /// <summary>Resets every connection.</summary>
    internal void Cut()
    {
        lock (_lock)
        {
            foreach (var wire in _wires)
            {
                wire.Reset();
            }

            _wires.Clear();
        }
    }

    /// <summary>Keeps the connections there are open and swallows what is sent on them; new ones work.</summary>
    internal void Silence()
    {
        lock (_lock)
        {
            foreach (var wire in _wires)
            {
                wire.Silent = true;
            }
        }
    }

    /// <summary>Holds back what the server says from now on. The task ends when something is held.</summary>
    internal Task HoldAnswers()
    {
        lock (_lock)
        {
            _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _flow = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _held.Task;
        }
    }

    internal void ReleaseAnswers() => _flow.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        ReleaseAnswers();
        await _stopping.CancelAsync();
        _listener.Stop();
        Cut();
        await _accepting;
        _stopping.Dispose();
    }

    private static TaskCompletionSource Open()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                var server = new TcpClient();
                try
                {
                    await server.ConnectAsync(_host, _port, _stopping.Token);
                }
                catch (SocketException)
                {
                    client.Dispose();
                    continue;
                }

                (client.NoDelay, server.NoDelay) = (true, true);
                var wire = new Wire(client, server);
                lock (_lock)
                {
                    _wires.Add(wire);
                }

                _ = CopyAsync(wire, client, server, answers: false);
                _ = CopyAsync(wire, server, client, answers: true);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task CopyAsync(Wire wire, TcpClient from, TcpClient to, bool answers)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.GetStream().ReadAsync(buffer) is > 0 and var count)
            {
                if (answers && !_flow.Task.IsCompleted)
                {
                    _held.TrySetResult();
                    await _flow.Task;
                }

                if (!wire.Silent)
                {
                    await to.GetStream().WriteAsync(buffer.AsMemory(0, count));
                }
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Cut.
        }

        if (!wire.Silent)
        {
            to.Dispose();
        }
    }

    private sealed class Wire(TcpClient client, TcpClient server)
    {
        internal volatile bool Silent;

        internal void Reset()
        {
            try
            {
                // Linger 0 sends RST instead of FIN: what a crashed machine's successor would answer.
                client.Client?.LingerState = new LingerOption(true, 0);
            }
            catch (ObjectDisposedException)
            {
                // The copying side closed it first: a wire that ended by itself needs no reset.
            }

            client.Dispose();
            server.Dispose();
        }
    }
}
