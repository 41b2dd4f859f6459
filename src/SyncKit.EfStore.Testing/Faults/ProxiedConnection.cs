using System.Net.Sockets;

namespace SyncKit.EfStore.Testing;

/// <summary>One connection through a <see cref="TcpProxy"/>: two sockets, and what is copied between them.</summary>
internal sealed class ProxiedConnection(TcpClient client, TcpClient server, TcpProxy proxy)
{
    private const int BufferSize = 64 * 1024;

    private readonly AnswerScanner _answers = new(); // Of the side that copies answers.
    private volatile bool _silent;
    private volatile bool _swallowed;
    private int _reset;

    internal bool IsSilent => _silent;

    /// <summary>Whether something was swallowed: then the two sides no longer agree on what was said.</summary>
    internal bool HasSwallowed => _swallowed;

    internal void Silence() => _silent = true;

    internal void Resume() => _silent = false;

    /// <summary>Copies both ways until one side ends it. A silent connection ends when it is reset: a dead wire closes nothing.</summary>
    internal async Task CopyAsync()
    {
        await Task.WhenAll(CopyAsync(client, server, answers: false), CopyAsync(server, client, answers: true)).ConfigureAwait(false);
    }

    internal void Reset()
    {
        if (Interlocked.Exchange(ref _reset, 1) == 1)
        {
            return;
        }

        try
        {
            // Linger 0 sends RST instead of FIN: what a crashed machine's successor would answer.
            client.Client?.LingerState = new LingerOption(true, 0);
        }
        catch (Exception error) when (error is ObjectDisposedException or SocketException)
        {
            // The copying side closed it first: a connection that ended by itself needs no reset.
        }

        client.Dispose();
        server.Dispose();
    }

    private async Task CopyAsync(TcpClient from, TcpClient to, bool answers)
    {
        var buffer = new byte[BufferSize];
        try
        {
            while (await from.GetStream().ReadAsync(buffer).ConfigureAwait(false) is > 0 and var count)
            {
                if (answers)
                {
                    await proxy.AnswersFlowAsync().ConfigureAwait(false);
                    if (proxy.CutsAt(_answers, buffer.AsSpan(0, count)))
                    {
                        Reset();
                        proxy.CutAtAnswerDone();
                        return;
                    }
                }

                if (_silent)
                {
                    _swallowed = true;
                    continue;
                }

                await to.GetStream().WriteAsync(buffer.AsMemory(0, count)).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Cut.
        }

        if (_silent)
        {
            _swallowed = true; // The end, too.
        }
        else
        {
            to.Dispose();
        }
    }
}
