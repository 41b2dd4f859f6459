using System.Threading.Channels;

namespace SyncKit.EfStore.Sqlite.Verifying;

/// <summary>Reads a log and makes fingerprints of it, ahead of the comparison and on a thread of its own: both logs are read at once.</summary>
internal static class FingerprintReader
{
    private const int Ahead = 2_000;

    /// <summary>The events up to a version. Disposing the enumerator ends the read.</summary>
    internal static async IAsyncEnumerable<EventFingerprint> ReadAsync(
        IEventCopySource log, EventVersion upTo, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var fingerprints = Channel.CreateBounded<EventFingerprint>(new BoundedChannelOptions(Ahead) { SingleReader = true, SingleWriter = true });
        var read = Task.Run(() => FillAsync(log, upTo, fingerprints.Writer, reading.Token), CancellationToken.None);
        try
        {
            await foreach (var one in fingerprints.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return one;
            }
        }
        finally
        {
            await reading.CancelAsync().ConfigureAwait(false);
            await read.ConfigureAwait(false);
        }
    }

    /// <summary>Never throws: what ends the read early is thrown to the reader of the channel.</summary>
    private static async Task FillAsync(
        IEventCopySource log, EventVersion upTo, ChannelWriter<EventFingerprint> fingerprints, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var source in log.ReadAsync(EventVersion.Zero, upTo, cancellationToken).ConfigureAwait(false))
            {
                await fingerprints.WriteAsync(EventFingerprint.Of(source), cancellationToken).ConfigureAwait(false);
            }

            fingerprints.Complete();
        }
        catch (Exception error)
        {
            fingerprints.Complete(error);
        }
    }
}
