using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace SyncKit.EfStore.Testing;

/// <summary>
/// A wire between a client and the server that a test can cut, silence, hold up and refuse. Give <see cref="ConnectionString"/> to the client
/// that is to suffer, and the server's own to whoever watches. Safe for use by several threads.
/// </summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly string _host;
    private readonly int _port;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private readonly HashSet<ProxiedConnection> _connections = []; // Under _lock.
    private readonly Task _accepting;
    private TaskCompletionSource _flow = Ended();
    private TaskCompletionSource _held = NotEnded();
    private TaskCompletionSource? _cutAtAnswer;
    private string? _cutAtTag;
    private bool _silenceNew;
    private volatile bool _refuses;
    private long _accepted;
    private long _refused;
    private long _cut;
    private long _silenced;
    private int _disposed;

    /// <summary>Opens the wire, on a free port of 127.0.0.1.</summary>
    /// <param name="connectionString">An Npgsql connection string with one host, reached by TCP.</param>
    /// <exception cref="ArgumentException">The host is missing, a folder of Unix sockets, or more than one.</exception>
    public TcpProxy(string connectionString)
    {
        var target = new NpgsqlConnectionStringBuilder(connectionString);
        if (string.IsNullOrEmpty(target.Host) || target.Host.StartsWith('/') || target.Host.Contains(',', StringComparison.Ordinal))
        {
            throw new ArgumentException($"A proxy needs one host that is reached by TCP; it is '{target.Host}'.", nameof(connectionString));
        }

        (_host, _port) = (target.Host, target.Port);
        _listener.Start();
        ConnectionString = new NpgsqlConnectionStringBuilder(connectionString)
        {
            Host = "127.0.0.1",
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port,
        }.ConnectionString;
        _accepting = AcceptAsync();
    }

    /// <summary>The same database, through the wire.</summary>
    public string ConnectionString { get; }

    /// <summary>How many connections are open now, silent ones included.</summary>
    public int Connections
    {
        get
        {
            lock (_lock)
            {
                return _connections.Count;
            }
        }
    }

    /// <summary>How many connections were made so far.</summary>
    public long Accepted => Interlocked.Read(ref _accepted);

    /// <summary>How many connections were refused so far.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>How many connections were cut so far.</summary>
    public long CutConnections => Interlocked.Read(ref _cut);

    /// <summary>How many connections were silenced so far.</summary>
    public long SilencedConnections => Interlocked.Read(ref _silenced);

    /// <summary>Resets every connection there is; new ones work.</summary>
    /// <returns>How many were cut.</returns>
    public int Cut()
    {
        lock (_lock)
        {
            return CutSome([.. _connections]);
        }
    }

    /// <summary>
    /// Keeps the connections there are open and swallows what is sent on them, either way: nobody is told that anything is wrong, as when a
    /// cable is pulled or a firewall forgets a connection.
    /// </summary>
    /// <param name="newOnesToo">Whether connections made from now on are silent as well, from their first byte.</param>
    /// <returns>How many fell silent.</returns>
    public int Silence(bool newOnesToo = false)
    {
        lock (_lock)
        {
            _silenceNew = newOnesToo;
            var speaking = _connections.Where(connection => !connection.IsSilent).ToList();
            speaking.ForEach(connection => connection.Silence());
            Interlocked.Add(ref _silenced, speaking.Count);
            return speaking.Count;
        }
    }

    /// <summary>
    /// Ends the silence. A connection on which something was swallowed cannot go on, its two ends disagree: it is reset. The others go on as
    /// if nothing had been.
    /// </summary>
    /// <returns>How many were reset.</returns>
    public int Resume()
    {
        lock (_lock)
        {
            _silenceNew = false;
            var torn = CutSome([.. _connections.Where(connection => connection is { IsSilent: true, HasSwallowed: true })]);
            foreach (var connection in _connections)
            {
                connection.Resume();
            }

            return torn;
        }
    }

    /// <summary>Resets each new connection as soon as it is made; those there are go on.</summary>
    public void RefuseNew() => _refuses = true;

    /// <summary>Lets new connections through again.</summary>
    public void AcceptNew() => _refuses = false;

    /// <summary>Holds back what the server says from now on; what clients say arrives.</summary>
    /// <returns>A task that ends when something is held.</returns>
    public Task HoldAnswers()
    {
        lock (_lock)
        {
            _held = NotEnded();
            _flow = NotEnded();
            return _held.Task;
        }
    }

    /// <summary>Lets pass what is held, and what comes.</summary>
    public void ReleaseAnswers()
    {
        lock (_lock)
        {
            _flow.TrySetResult();
        }
    }

    /// <summary>
    /// Cuts the next connection on which the server says that a command is done, in place of saying so: with <c>COMMIT</c>, the transaction is
    /// committed and its client never hears of it. Needs a connection without encryption (<c>SSL Mode=Disable</c>).
    /// </summary>
    /// <param name="commandTag">The command as the server names it: <c>COMMIT</c>, <c>INSERT</c>, <c>COPY</c>.</param>
    /// <returns>A task that ends when that has happened; cancelled where the wire is disposed before.</returns>
    public Task CutAtAnswerAsync(string commandTag)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(commandTag);
        lock (_lock)
        {
            _cutAtAnswer?.TrySetCanceled(); // One at a time: the newest.
            (_cutAtTag, _cutAtAnswer) = (commandTag, NotEnded());
            return _cutAtAnswer.Task;
        }
    }

    /// <summary>Cuts every connection, and takes no more. Does nothing the second time.</summary>
    /// <returns>A task that ends when the port is free.</returns>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
        {
            return;
        }

        ReleaseAnswers();
        await _stopping.CancelAsync().ConfigureAwait(false);
        _listener.Stop();
        Cut();
        await _accepting.ConfigureAwait(false);
        Cut(); // One may have been made in between.
        _cutAtAnswer?.TrySetCanceled();
        _stopping.Dispose();
    }

    /// <summary>How many connections are open and not silent.</summary>
    internal int Speaking
    {
        get
        {
            lock (_lock)
            {
                return _connections.Count(connection => !connection.IsSilent);
            }
        }
    }

    /// <summary>Ends when answers may pass; at once, unless they are held.</summary>
    internal Task AnswersFlowAsync()
    {
        lock (_lock)
        {
            if (!_flow.Task.IsCompleted)
            {
                _held.TrySetResult();
            }

            return _flow.Task;
        }
    }

    /// <summary>Whether these bytes of an answer are where the connection is to be cut. Says yes once.</summary>
    internal bool CutsAt(AnswerScanner answers, ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            var cuts = answers.Read(bytes, _cutAtTag);
            if (cuts)
            {
                _cutAtTag = null;
                Interlocked.Increment(ref _cut);
            }

            return cuts;
        }
    }

    internal void CutAtAnswerDone() => _cutAtAnswer?.TrySetResult();

    private int CutSome(List<ProxiedConnection> connections)
    {
        foreach (var connection in connections)
        {
            connection.Reset();
            _connections.Remove(connection);
        }

        Interlocked.Add(ref _cut, connections.Count);
        return connections.Count;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stopping.Token).ConfigureAwait(false);
                if (_refuses)
                {
                    Interlocked.Increment(ref _refused);
                    client.Client.LingerState = new LingerOption(true, 0);
                    client.Dispose();
                    continue;
                }

                var server = new TcpClient();
                try
                {
                    await server.ConnectAsync(_host, _port, _stopping.Token).ConfigureAwait(false);
                }
                catch (SocketException)
                {
                    server.Dispose();
                    client.Dispose();
                    continue;
                }

                (client.NoDelay, server.NoDelay) = (true, true);
                _ = ServeAsync(new ProxiedConnection(client, server, this));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(ProxiedConnection connection)
    {
        lock (_lock)
        {
            _connections.Add(connection);
            Interlocked.Increment(ref _accepted);
            if (_silenceNew)
            {
                connection.Silence();
                Interlocked.Increment(ref _silenced);
            }
        }

        await connection.CopyAsync().ConfigureAwait(false);
        lock (_lock)
        {
            _connections.Remove(connection);
            connection.Reset(); // Both ends are gone: of a silent connection, which tells neither of the other, only here.
        }
    }

    private static TaskCompletionSource NotEnded() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TaskCompletionSource Ended()
    {
        var ended = new TaskCompletionSource();
        ended.SetResult();
        return ended;
    }
}
