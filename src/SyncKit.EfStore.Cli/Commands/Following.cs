using System.Threading.Channels;
using SyncKit.EfStore.Cli.Hosting;
using SyncKit.EfStore.Cli.Printing;

namespace SyncKit.EfStore.Cli.Commands;

/// <summary>The end of <c>tail</c> and <c>listen</c>: prints what comes, until someone ends it.</summary>
internal static class Following
{
    /// <summary>Writes out whenever nothing more is waiting: at once for a lone event, in large pieces for many.</summary>
    internal static async Task<int> PrintAsync<T>(
        ChannelReader<T> items, IPrinter<T> printer, ListenerWatch states, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, states.Failed);
        try
        {
            while (await items.WaitToReadAsync(ended.Token))
            {
                while (items.TryRead(out var item))
                {
                    await printer.PrintAsync(item, ended.Token);
                }

                await printer.FlushAsync(ended.Token);
            }

            return ExitCodes.Failed;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Ctrl-C is how following ends.
            return ExitCodes.Done;
        }
        catch (OperationCanceledException) when (states.Failed.IsCancellationRequested)
        {
            return ExitCodes.Failed;
        }
    }
}
