using Npgsql;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Notifications;

/// <summary>
/// Proves that notifications arrive, instead of assuming it: sends one through the store's pool, on a channel that only this process
/// listens to, and waits for it on the listener's connection. A connection may seem to listen and hear nothing: behind a pooler, or in
/// another database than the store's.
/// </summary>
/// <remarks>
/// A slow server is not an isolated listener. Whoever does not hear the probe in time has the listener's connection answer a statement:
/// PostgreSQL delivers what was committed before that ahead of the answer, however much it is. One run at a time.
/// </remarks>
internal sealed class ListenerSelfTest(EventStoreConnections connections, TimeProvider time)
{
    // Only when to ask the connection itself; hearing takes a millisecond.
    private static readonly TimeSpan Hearing = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Sending = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(5);

    private volatile Probe? _awaited;

    /// <summary>What the listener must listen to for this.</summary>
    internal string Channel { get; } = SchemaNames.ProbeChannelPrefix + Guid.NewGuid().ToString("N");

    /// <summary>From the listener's callback: true for a probe, which is nobody else's concern.</summary>
    internal bool Takes(string channel, string payload)
    {
        if (channel != Channel)
        {
            return false;
        }

        if (_awaited is { } probe && probe.Token == payload)
        {
            probe.Heard.TrySetResult();
        }

        return true;
    }

    /// <summary>Tests until notifications arrive.</summary>
    /// <param name="found">Told of each result.</param>
    /// <param name="listenAgain">Repeats LISTEN on the connection; the task ends when the server has answered.</param>
    /// <param name="cancellationToken">Ends it, with the connection.</param>
    internal async Task RunAsync(
        Action<SelfTestResult> found, Func<CancellationToken, Task> listenAgain, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var result = await TestAsync(listenAgain, cancellationToken).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
                found(result);
                if (result == SelfTestResult.Heard)
                {
                    return;
                }

                await Task.Delay(Again, time, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // The connection is gone, or the listener stops. What else fails meanwhile, for want of a schema say, is nobody's concern then.
        }
    }

    private async Task<SelfTestResult> TestAsync(Func<CancellationToken, Task> listenAgain, CancellationToken cancellationToken)
    {
        var probe = new Probe(Guid.NewGuid().ToString("N"));
        _awaited = probe;
        if (!await TrySendAsync(probe.Token, cancellationToken).ConfigureAwait(false))
        {
            // It may have been sent all the same.
            return probe.Heard.Task.IsCompleted ? SelfTestResult.Heard : SelfTestResult.Unknown;
        }

        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(probe.Heard.Task, Task.Delay(Hearing, time, waiting.Token)).ConfigureAwait(false);
        await waiting.CancelAsync().ConfigureAwait(false);
        if (!probe.Heard.Task.IsCompleted)
        {
            await listenAgain(cancellationToken).ConfigureAwait(false);
        }

        return probe.Heard.Task.IsCompleted ? SelfTestResult.Heard : SelfTestResult.Isolated;
    }

    private async Task<bool> TrySendAsync(string token, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Sending, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await using var connection = await connections.OpenAsync(either.Token).ConfigureAwait(false);
            await using var command = new NpgsqlCommand("SELECT pg_notify($1, $2)", connection);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Channel });
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = token });
            await command.ExecuteNonQueryAsync(either.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // A pool that is used up, a schema that is missing, a slow server: whoever reads the log says so.
            return false;
        }
    }

    private sealed record Probe(string Token)
    {
        internal TaskCompletionSource Heard { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
