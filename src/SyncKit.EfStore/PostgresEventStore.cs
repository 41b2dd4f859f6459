using SyncKit.EfStore.Appending;
using SyncKit.EfStore.Reading;

namespace SyncKit.EfStore;

/// <summary>The store on PostgreSQL: checks what comes in, and hands it to the folder that does it.</summary>
internal sealed class PostgresEventStore(Appender appender, EventReader reader, EventStoreOptions options) : IEventStore
{
    public Task<AppendResult> StoreAsync(EventData eventData, CancellationToken cancellationToken = default) =>
        StoreAsync([eventData], cancellationToken);

    public async Task<AppendResult> StoreAsync(IReadOnlyList<EventData> events, CancellationToken cancellationToken = default) =>
        await AppendAsync(AppendRequest.OfEvents(events, options.MaxJsonBytes), cancellationToken).ConfigureAwait(false);

    public async Task<AppendResult> AppendAsync(
        IReadOnlyList<EventData> events, ExpectedVersion expected, CancellationToken cancellationToken = default) =>
        await AppendAsync([new StreamAppend(expected, events)], cancellationToken).ConfigureAwait(false);

    public async Task<AppendResult> AppendAsync(IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken = default) =>
        await AppendAsync(AppendRequest.OfStreams(appends, options.MaxJsonBytes), cancellationToken).ConfigureAwait(false);

    public IAsyncEnumerable<StoredEvent> LoadAsync(EventVersion since, CancellationToken cancellationToken = default) =>
        ReadAsync(new EventQuery { After = since }, cancellationToken);

    public IAsyncEnumerable<StoredEvent> LoadByAggregateAsync(
        string aggregateId, EventVersion since = default, CancellationToken cancellationToken = default)
    {
        InputRules.Lookup(aggregateId, "aggregate_id");
        return ReadAsync(new EventQuery { AggregateId = aggregateId, After = since }, cancellationToken);
    }

    public IAsyncEnumerable<StoredEvent> ReadAsync(EventQuery query, CancellationToken cancellationToken = default)
    {
        EventReader.Check(query);
        return reader.ReadAsync(query, cancellationToken);
    }

    public Task<EventVersion> GetLatestVersionAsync(CancellationToken cancellationToken = default) =>
        reader.LatestAsync(cancellationToken);

    public EventVersion ParseVersion(string text) => EventVersion.Parse(text);

    /// <summary>The container owns the connections and disposes them after this.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Task<AppendResult> AppendAsync(AppendRequest request, CancellationToken cancellationToken) =>
        appender.AppendAsync(request, cancellationToken);
}
