using System.Runtime.CompilerServices;
using System.Threading.Channels;
using SyncKit.EfStore.Importing;

namespace SyncKit.EfStore;

/// <summary>
/// Stores many events, in order and in batches, in constant memory. An event that is stored already with equal content is skipped, so an
/// import that was broken off goes on where it stopped when it is run again. Safe for any number of threads.
/// </summary>
/// <param name="store">Where to.</param>
public sealed class EventImporter(IEventStore store)
{
    private const int BatchesAhead = 2;

    private readonly IEventStore _store = store ?? throw new ArgumentNullException(nameof(store));

    /// <summary>Imports JSON Lines, as <see cref="JsonLines.ReadAsync"/> reads them.</summary>
    /// <param name="jsonLines">UTF-8 or gzip of it. Not disposed.</param>
    /// <param name="progress">Told after each batch.</param>
    /// <param name="cancellationToken">Ends the import between two batches or within one, which is then stored whole or not at all.</param>
    /// <exception cref="ImportException">A line is no event, or its id is stored with other content. Everything before it is stored.</exception>
    /// <exception cref="EventStoreUnavailableException">The store cannot be used (any more).</exception>
    public Task<ImportResult> ImportAsync(
        Stream jsonLines, IProgress<ImportProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(jsonLines);
        return ImportAsync(token => JsonLines.ReadNumberedAsync(jsonLines, token), progress, cancellationToken);
    }

    /// <summary>Imports events. An exception of theirs ends the import once everything before it is stored.</summary>
    /// <param name="events">In the order they are to be read back.</param>
    /// <param name="progress">Told after each batch.</param>
    /// <param name="cancellationToken">Ends the import between two batches or within one, which is then stored whole or not at all.</param>
    /// <exception cref="ImportException">An event's id is stored with other content, or it cannot be stored. Everything before it is stored.</exception>
    /// <exception cref="EventStoreUnavailableException">The store cannot be used (any more).</exception>
    public Task<ImportResult> ImportAsync(
        IAsyncEnumerable<EventData> events, IProgress<ImportProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(events);
        return ImportAsync(token => NumberAsync(events, token), progress, cancellationToken);
    }

    /// <summary>Reads the next batches while one is being stored.</summary>
    private async Task<ImportResult> ImportAsync(
        Func<CancellationToken, IAsyncEnumerable<NumberedEvent>> read, IProgress<ImportProgress>? progress, CancellationToken cancellationToken)
    {
        var batches = Channel.CreateBounded<EventBatch>(
            new BoundedChannelOptions(BatchesAhead) { SingleReader = true, SingleWriter = true });
        using var storing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = Task.Run(() => FillAsync(batches.Writer, read(storing.Token), storing.Token), CancellationToken.None);

        var target = new BatchStore(_store);
        try
        {
            await foreach (var batch in batches.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                await target.StoreAsync(batch.Events, cancellationToken).ConfigureAwait(false);
                progress?.Report(new ImportProgress(target.Stored, target.Skipped));
            }
        }
        finally
        {
            await storing.CancelAsync().ConfigureAwait(false);
            await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        // Only now is everything before a broken line stored.
        return await reading.ConfigureAwait(false) is { } broken
            ? throw new ImportException(broken.Line, broken.Problem, target.Stored, target.Skipped, broken)
            : new ImportResult(target.Stored, target.Streams, target.Skipped);
    }

    /// <returns>What ended the input early; null at its end.</returns>
    private static async Task<ImportException?> FillAsync(
        ChannelWriter<EventBatch> batches, IAsyncEnumerable<NumberedEvent> events, CancellationToken cancellationToken)
    {
        var batch = new EventBatch();
        try
        {
            await foreach (var numbered in events.ConfigureAwait(false))
            {
                if (!batch.TryAdd(numbered))
                {
                    await batches.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
                    batch = new EventBatch();
                    batch.TryAdd(numbered);
                }
            }

            return null;
        }
        catch (ImportException broken)
        {
            return broken;
        }
        finally
        {
            try
            {
                // Whatever ended the input, what was read before it is stored.
                await batches.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                batches.Complete();
            }
        }
    }

    private static async IAsyncEnumerable<NumberedEvent> NumberAsync(
        IAsyncEnumerable<EventData> events, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var place = 0L;
        await foreach (var eventData in events.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return new NumberedEvent(++place, eventData);
        }
    }
}
