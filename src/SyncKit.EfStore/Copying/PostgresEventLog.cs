using SyncKit.EfStore.Appending;
using SyncKit.EfStore.Copying;
using SyncKit.EfStore.Diagnostics;
using SyncKit.EfStore.Importing;
using SyncKit.EfStore.Ordering;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore;

/// <summary>
/// The log in PostgreSQL as the source and the target of copies; <c>AddPostgresEventStore</c> makes it a service. Safe for any number of threads.
/// </summary>
/// <remarks>
/// As a source it gives what is settled; where an append stays open for more than five seconds, what is settled in spite of it. As a target it
/// writes by COPY, each batch under the locks of its streams, so that other writers go on and each observer sees each event. To keep versions it
/// locks the table against writers until the copy is complete, which needs a role that owns it.
/// </remarks>
public sealed class PostgresEventLog : IEventCopySource, IEventCopyTarget
{
    private readonly EventStoreConnections _connections;
    private readonly EventStoreMetrics _metrics;
    private readonly SettledMark _settled;
    private readonly SourceReader _source;
    private readonly Func<int> _maxJsonBytes;
    private readonly Func<CancellationToken, ValueTask> _whenObserversJoined;

    internal PostgresEventLog(
        EventStoreConnections connections,
        EventStoreMetrics metrics,
        SettledMark settled,
        Func<int> maxJsonBytes,
        Func<CancellationToken, ValueTask> whenObserversJoined)
    {
        _connections = connections;
        _metrics = metrics;
        _settled = settled;
        _source = new SourceReader(connections);
        _maxJsonBytes = maxJsonBytes;
        _whenObserversJoined = whenObserversJoined;
    }

    /// <inheritdoc/>
    public EventCopyLimits Limits => new(EventBatch.MaxEvents, AppendRequest.MaxStreams, EventBatch.MaxBytes, _maxJsonBytes());

    /// <inheritdoc/>
    public async Task<EventVersion> GetLatestVersionAsync(CancellationToken cancellationToken = default) =>
        new(await _connections.TranslateAsync(() => _settled.AdvanceAsync(cancellationToken)).ConfigureAwait(false));

    /// <inheritdoc/>
    public Task<long> CountAsync(EventVersion after, EventVersion upTo, CancellationToken cancellationToken = default) =>
        _source.CountAsync(after, upTo, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<SourceEvent> ReadAsync(EventVersion after, EventVersion upTo, CancellationToken cancellationToken = default) =>
        _source.ReadAsync(after, upTo, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<SourceEvent> FindAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return _source.FindAsync(ids, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<EventCopyRecord>> FindCopiesAsync(string source, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        return _connections.TranslateAsync(async () =>
        {
            await using var connection = await _connections.OpenUnenlistedAsync(cancellationToken).ConfigureAwait(false);
            return await CopyRecords.FindAsync(connection, source, cancellationToken).ConfigureAwait(false);
        });
    }

    /// <inheritdoc/>
    public async Task<EventCopyOutcome> TryAsync(IReadOnlyList<SourceEvent> events, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(events);
        if (events.Count == 0)
        {
            return new EventCopyOutcome(0, 0, []);
        }

        return await _connections.TranslateAsync(async () =>
        {
            await using var connection = await _connections.OpenUnenlistedAsync(cancellationToken).ConfigureAwait(false);
            return await CopyTrial.RunAsync(connection, events, cancellationToken).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<IEventCopyWriter> BeginAsync(EventCopyStart start, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(start);
        IImportTransactions transactions = start.KeepVersions ? new WholeTransaction(_connections) : new BatchTransactions(_connections);
        var writer = new CopyWriter(_connections, transactions, _metrics, _whenObserversJoined, start);
        try
        {
            await writer.BeginAsync(cancellationToken).ConfigureAwait(false);
            return writer;
        }
        catch
        {
            await writer.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
