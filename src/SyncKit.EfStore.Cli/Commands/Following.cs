using System.Threading.Channels;
using SyncKit.EfStore.Cli.Hosting;
using SyncKit.EfStore.Cli.Printing;

namespace SyncKit.EfStore.Cli.Commands;

/// <summary>The end of <c>tail</c> and <c>listen</c>: prints what comes, until someone ends it.</summary>
internal static class Following
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(500);

    /// <summary>Writes out whenever nothing more is waiting: at once for a lone event, in large pieces for many.</summary>
    internal static async Task<int> PrintAsync<T>(
        ChannelReader<T> items, IPrinter<T> printer, ListenerWatch states, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, states.Failed);
        var printing = PrintAsync(items, printer, ended.Token);
        var abandoned = UntilAbandonedAsync(ended.Token);
        var first = await Task.WhenAny(printing, abandoned);
        await ended.CancelAsync();
        await Task.WhenAll(printing, abandoned).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        if (first == printing && !printing.IsCanceled)
        {
            await printing; // Throws what stopped it: nothing else ends it but the store.
        }

        // Ctrl-C and a closed pipe are how following ends.
        return states.Failed.IsCancellationRequested ? ExitCodes.Failed : ExitCodes.Done;
    }

    private static async Task PrintAsync<T>(ChannelReader<T> items, IPrinter<T> printer, CancellationToken cancellationToken)
    {
        while (await items.WaitToReadAsync(cancellationToken))
        {
            while (items.TryRead(out var item))
            {
                await printer.PrintAsync(item, cancellationToken);
            }

            await printer.FlushAsync(cancellationToken);
        }
    }

    private static async Task UntilAbandonedAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Glance, TimeProvider.System);
        while (!StandardOutput.IsAbandoned())
        {
            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }
}
