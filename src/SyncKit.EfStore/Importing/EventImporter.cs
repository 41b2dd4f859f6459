using System.Threading.Channels;
using SyncKit.EfStore.Diagnostics;
using SyncKit.EfStore.Importing;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore;

/// <summary>
/// Stores many events in order, by COPY and in constant memory; <c>AddPostgresEventStore</c> makes it a service. Every batch is a
/// transaction: its streams are locked like those of an append, so other writers may go on, and each observer sees each event. Safe for any
/// number of threads.
/// </summary>
/// <remarks>
/// A batch holds at most 15,000 events, 16 MiB (one larger event goes alone) and 1,000 streams; up to three batches are in memory. Fastest
/// where neighbours in the input share streams. An import that breaks off, cancelled or without its connection, has stored a first part
/// of the input, in whole batches; run again, it skips that part.
/// </remarks>
public sealed class EventImporter
{
    // One is filled, one waits, one is stored.
    private const int BatchesWaiting = 1;

    private readonly EventStoreConnections _connections;
    private readonly EventStoreMetrics _metrics;
    private readonly Func<int> _maxJsonBytes;
    private readonly Func<CancellationToken, ValueTask> _whenObserversJoined;

    internal EventImporter(
        EventStoreConnections connections, EventStoreMetrics metrics, Func<int> maxJsonBytes, Func<CancellationToken, ValueTask> whenObserversJoined)
    {
        _connections = connections;
        _metrics = metrics;
        _maxJsonBytes = maxJsonBytes;
        _whenObserversJoined = whenObserversJoined;
    }

    /// <summary>Imports JSON Lines, as <see cref="JsonLines.ReadAsync"/> reads them.</summary>
    /// <param name="jsonLines">UTF-8 or gzip of it. Not disposed.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="progress">Told after each batch.</param>
    /// <param name="cancellationToken">Ends the import between two batches or within one, which is then stored whole or not at all.</param>
    /// <exception cref="ImportException">
    /// A line is no event, or its id is stored (see <see cref="ImportOptions.OnConflict"/>). Everything before it is stored; of an atomic
    /// import nothing.
    /// </exception>
    /// <exception cref="EventStoreUnavailableException">The store cannot be used (any more).</exception>
    public Task<ImportResult> ImportAsync(
        Stream jsonLines,
        ImportOptions? options = null,
        IProgress<ImportProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(jsonLines);
        return ImportAsync(token => JsonLines.ReadNumberedAsync(jsonLines, token), options, progress, cancellationToken);
    }

    /// <summary>Imports events. An exception of theirs ends the import once everything before it is stored; of an atomic import nothing is.</summary>
    /// <param name="events">In the order they are to be read back. Read on another thread, up to two batches ahead.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="progress">Told after each batch.</param>
    /// <param name="cancellationToken">Ends the import between two batches or within one, which is then stored whole or not at all.</param>
    /// <exception cref="ImportException">
    /// An event cannot be stored, or its id is stored (see <see cref="ImportOptions.OnConflict"/>). Everything before it is stored; of an
    /// atomic import nothing.
    /// </exception>
    /// <exception cref="EventStoreUnavailableException">The store cannot be used (any more).</exception>
    public Task<ImportResult> ImportAsync(
        IAsyncEnumerable<EventData> events,
        ImportOptions? options = null,
        IProgress<ImportProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(events);
        return ImportAsync(token => BatchFiller.NumberAsync(events, token), options, progress, cancellationToken);
    }

    /// <summary>Reads the next batches while one is being stored.</summary>
    private async Task<ImportResult> ImportAsync(
        Func<CancellationToken, IAsyncEnumerable<NumberedEvent>> read,
        ImportOptions? options,
        IProgress<ImportProgress>? progress,
        CancellationToken cancellationToken)
    {
        options ??= ImportOptions.Default;
        await using IImportTransactions transactions = options.Atomic ? new WholeTransaction(_connections) : new BatchTransactions(_connections);
        var target = new BatchStore(transactions, options, _metrics);

        var batches = Channel.CreateBounded<EventBatch>(
            new BoundedChannelOptions(BatchesWaiting) { SingleReader = true, SingleWriter = true });
        using var storing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = Task.Run(
            () => BatchFiller.FillAsync(batches.Writer, read(storing.Token), transactions.MaxStreams, _maxJsonBytes(), storing.Token),
            CancellationToken.None);
        try
        {
            await foreach (var batch in batches.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                await _whenObserversJoined(cancellationToken).ConfigureAwait(false);
                await StoredAsync(target.StoreAsync(batch, cancellationToken)).ConfigureAwait(false);
                progress?.Report(new ImportProgress(target.Stored, target.Skipped));
            }
        }
        finally
        {
            await storing.CancelAsync().ConfigureAwait(false);
            await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        // Only now is everything before a broken line stored.
        if (await reading.ConfigureAwait(false) is { } broken)
        {
            throw target.Ended(broken.Line, broken.Problem, broken);
        }

        await _whenObserversJoined(cancellationToken).ConfigureAwait(false);
        await StoredAsync(target.CompleteAsync(cancellationToken)).ConfigureAwait(false);
        return new ImportResult(target.Stored, target.Streams, target.Skipped);
    }

    /// <summary>Only what storing throws is the store's: the events may come from another database.</summary>
    private Task StoredAsync(Task storing) => _connections.TranslateAsync(() => storing);
}
