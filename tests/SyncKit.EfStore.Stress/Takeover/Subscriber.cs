using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;
using SyncKit.EfStore.Stress.Processes;

namespace SyncKit.EfStore.Stress.Takeover;

/// <summary>
/// A process that hosts the subscription: this program again, with the verb <c>subscriber</c>. It says "ready", and each state it comes into.
/// Told a moment, it says "holding" and which, once it is there, and goes on when told to. At the end of its input it ends.
/// </summary>
internal sealed class Subscriber : IAsyncDisposable
{
    internal const string Ready = "ready";
    internal const string Holding = "holding ";
    internal const string IsNow = "is now ";
    internal const string GoOn = "go on";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Process _process;
    private readonly Channel<string> _said = Channel.CreateUnbounded<string>();
    private readonly Task _hearing;

    private Subscriber(Process process)
    {
        _process = process;
        ProcessId = process.Id;
        _hearing = HearAsync();
    }

    internal int ProcessId { get; }

    internal static async Task<Subscriber> StartAsync(string connectionString, int lease, bool careless, CancellationToken cancellationToken)
    {
        List<string> arguments = [SubscriberCommand.Verb, lease.ToString(CultureInfo.InvariantCulture)];
        if (careless)
        {
            arguments.Add(SubscriberCommand.Careless);
        }

        var subscriber = new Subscriber(ChildProgram.Start(connectionString, [.. arguments]));
        try
        {
            await subscriber.UntilAsync(Ready, Patience, cancellationToken);
            return subscriber;
        }
        catch
        {
            await subscriber.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends when the work is held there; false where it did not come to it, for it is not the active one any more.</summary>
    internal async Task<bool> HoldAsync(Moment moment, TimeSpan patience, CancellationToken cancellationToken)
    {
        await TellAsync(moment.ToString());
        try
        {
            await UntilAsync($"{Holding}{moment}", patience, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            await TellAsync(GoOn);
            return false;
        }
    }

    internal void Freeze() => Signals.Freeze(_process);

    /// <summary>Lets it go on, from where it was held.</summary>
    internal async Task ThawAsync()
    {
        // What it said before it was frozen is the past.
        while (_said.Reader.TryRead(out _))
        {
        }

        await TellAsync(GoOn); // In the pipe when it wakes.
        Signals.Thaw(_process);
    }

    internal Task UntilAsync(SubscriptionStatus status, CancellationToken cancellationToken) =>
        UntilAsync($"{IsNow}{status}", Patience, cancellationToken);

    /// <summary>As the kernel does when memory is short: no last words.</summary>
    internal async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        await _hearing;
        _process.Dispose();
    }

    private async Task TellAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    private async Task UntilAsync(string expected, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        enough.CancelAfter(patience);
        try
        {
            await foreach (var line in _said.Reader.ReadAllAsync(enough.Token))
            {
                if (line == expected)
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The process {ProcessId} did not say '{expected}' within {patience}.");
        }

        throw new InvalidOperationException($"The process {ProcessId} ended without saying '{expected}'.");
    }

    private async Task HearAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            await _said.Writer.WriteAsync(line);
        }

        _said.Writer.Complete();
    }
}
