using SyncKit.EfStore.Sqlite.Appending;
using SyncKit.EfStore.Sqlite.Copying;
using SyncKit.EfStore.Sqlite.Hosting;
using SyncKit.EfStore.Sqlite.Reading;
using SyncKit.EfStore.Sqlite.Storage;

namespace SyncKit.EfStore.Sqlite;

/// <summary>
/// The event store on a SQLite file of go-sync-kit: reads what a Go service wrote, and writes what it can read. Safe for any number of threads;
/// any number of stores, processes and Go services may use the file at once, on one machine.
/// </summary>
/// <remarks>
/// SQLite has one writer at a time, so everything committed is settled: <see cref="EventQuery.IncludeUnsettled"/> makes no difference. An append
/// commits for itself: it does not join a <see cref="System.Transactions.TransactionScope"/>. JSON is kept and given back to the letter.
/// The file is opened at the first use; calls never block the caller's thread on the file.
/// </remarks>
public sealed class SqliteEventStore : IEventStore, IEventCopySource, IEventCopyTarget, IDisposable
{
    private readonly EventFile _file;
    private readonly Appender _appender;
    private readonly EventReader _reader;
    private readonly SourceReader _source;
    private readonly CopyTarget _target;
    private readonly int _maxJsonBytes;

    /// <summary>Creates the store of a file, which is created at the first use if it is not there.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException"><paramref name="path"/> does not name a file.</exception>
    public SqliteEventStore(string path)
        : this(new SqliteEventStoreOptions { Path = path })
    {
    }

    /// <summary>Creates the store of a file.</summary>
    /// <param name="options">Which file, and how. Read once: later changes have no effect.</param>
    /// <param name="time">The clock of <c>created_at</c> and of waits. Default: the system's.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">Options are out of bounds.</exception>
    public SqliteEventStore(SqliteEventStoreOptions options, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        SqliteEventStoreOptionsValidator.ThrowIfInvalid(options);
        time ??= TimeProvider.System;
        _file = new EventFile(options, time);
        _appender = new Appender(_file, time);
        _reader = new EventReader(_file, options.BatchSize);
        _source = new SourceReader(_file);
        _target = new CopyTarget(_file);
        _maxJsonBytes = options.MaxJsonBytes;
    }

    /// <inheritdoc/>
    public Task<AppendResult> StoreAsync(EventData eventData, CancellationToken cancellationToken = default) =>
        StoreAsync([eventData], cancellationToken);

    /// <inheritdoc/>
    public async Task<AppendResult> StoreAsync(IReadOnlyList<EventData> events, CancellationToken cancellationToken = default) =>
        await _appender.AppendAsync(AppendRequest.OfEvents(events, _maxJsonBytes), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<AppendResult> AppendAsync(
        IReadOnlyList<EventData> events, ExpectedVersion expected, CancellationToken cancellationToken = default) =>
        await AppendAsync([new StreamAppend(expected, events)], cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<AppendResult> AppendAsync(IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken = default) =>
        await _appender.AppendAsync(AppendRequest.OfStreams(appends, _maxJsonBytes), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public IAsyncEnumerable<StoredEvent> LoadAsync(EventVersion since, CancellationToken cancellationToken = default) =>
        ReadAsync(new EventQuery { After = since }, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<StoredEvent> LoadByAggregateAsync(
        string aggregateId, EventVersion since = default, CancellationToken cancellationToken = default)
    {
        InputRules.NotNull(aggregateId, "aggregate_id");
        return ReadAsync(new EventQuery { AggregateId = aggregateId, After = since }, cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<StoredEvent> ReadAsync(EventQuery query, CancellationToken cancellationToken = default)
    {
        QueryRules.Check(query);
        return _reader.ReadAsync(query, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<EventVersion> GetLatestVersionAsync(CancellationToken cancellationToken = default) => _reader.LatestAsync(cancellationToken);

    /// <inheritdoc/>
    public EventVersion ParseVersion(string text) => EventVersion.Parse(text);

    EventCopyLimits IEventCopyTarget.Limits => new(CopyTarget.MaxEvents, MaxStreams: int.MaxValue, CopyTarget.MaxBytes, _maxJsonBytes);

    Task<long> IEventCopySource.CountAsync(EventVersion after, EventVersion upTo, CancellationToken cancellationToken) =>
        _source.CountAsync(after, upTo, cancellationToken);

    IAsyncEnumerable<SourceEvent> IEventCopySource.ReadAsync(EventVersion after, EventVersion upTo, CancellationToken cancellationToken) =>
        _source.ReadAsync(after, upTo, cancellationToken);

    IAsyncEnumerable<SourceEvent> IEventCopySource.FindAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken) =>
        _source.FindAsync(ids, cancellationToken);

    Task<IReadOnlyList<EventCopyRecord>> IEventCopyTarget.FindCopiesAsync(string source, CancellationToken cancellationToken) =>
        _target.FindCopiesAsync(source, cancellationToken);

    Task<EventCopyOutcome> IEventCopyTarget.TryAsync(IReadOnlyList<SourceEvent> events, CancellationToken cancellationToken) =>
        _target.TryAsync(events, cancellationToken);

    Task<IEventCopyWriter> IEventCopyTarget.BeginAsync(EventCopyStart start, CancellationToken cancellationToken) =>
        _target.BeginAsync(start, cancellationToken);

    /// <summary>Takes no more calls, answers those under way, and closes the file.</summary>
    public async ValueTask DisposeAsync() => await _file.DisposeAsync().ConfigureAwait(false);

    /// <summary>For a container that is disposed synchronously: the last call under way closes the file.</summary>
    public void Dispose() => _file.Dispose();
}
