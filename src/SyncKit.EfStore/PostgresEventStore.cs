using System.Reactive.Linq;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SyncKit.EfStore.Appending;
using SyncKit.EfStore.Notifications;
using SyncKit.EfStore.Ordering;
using SyncKit.EfStore.Reading;
using SyncKit.EfStore.Subscriptions;

namespace SyncKit.EfStore;

/// <summary>The store on PostgreSQL: checks what comes in, and hands it to the folder that does it.</summary>
internal sealed class PostgresEventStore(
    GroupCommit groups,
    ObservedAppends appends,
    EventReader reader,
    HeaderReader headers,
    SettledMark settled,
    NotificationListener listener,
    NotificationHub hub,
    LogFollower follower,
    ListenerStates states,
    IOptions<EventStoreOptions> options,
    TimeProvider time,
    ILogger<PostgresEventStore> logger) : IRealtimeEventStore, IDisposable
{
    private static readonly TimeSpan ObserversJoin = TimeSpan.FromSeconds(5);

    public ListenerState ListenerState => states.Now;

    IObservable<ListenerState> IRealtimeEventStore.ListenerStates => states.All;

    public Task<AppendResult> StoreAsync(EventData eventData, CancellationToken cancellationToken = default) =>
        StoreAsync([eventData], cancellationToken);

    public async Task<AppendResult> StoreAsync(IReadOnlyList<EventData> events, CancellationToken cancellationToken = default) =>
        await AppendAsync(AppendRequest.OfEvents(events, options.Value.MaxJsonBytes), cancellationToken).ConfigureAwait(false);

    public async Task<AppendResult> AppendAsync(
        IReadOnlyList<EventData> events, ExpectedVersion expected, CancellationToken cancellationToken = default) =>
        await AppendAsync([new StreamAppend(expected, events)], cancellationToken).ConfigureAwait(false);

    public async Task<AppendResult> AppendAsync(IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken = default) =>
        await AppendAsync(AppendRequest.OfStreams(appends, options.Value.MaxJsonBytes), cancellationToken).ConfigureAwait(false);

    public IAsyncEnumerable<StoredEvent> LoadAsync(EventVersion since, CancellationToken cancellationToken = default) =>
        ReadAsync(new EventQuery { After = since }, cancellationToken);

    public IAsyncEnumerable<StoredEvent> LoadByAggregateAsync(
        string aggregateId, EventVersion since = default, CancellationToken cancellationToken = default)
    {
        InputRules.NotNull(aggregateId, "aggregate_id");
        return ReadAsync(new EventQuery { AggregateId = aggregateId, After = since }, cancellationToken);
    }

    public IAsyncEnumerable<StoredEvent> ReadAsync(EventQuery query, CancellationToken cancellationToken = default)
    {
        QueryRules.Check(query);

        return reader.LoadAsync(query, cancellationToken);
    }

    public Task<EventVersion> GetLatestVersionAsync(CancellationToken cancellationToken = default) =>
        reader.LatestAsync(cancellationToken);

    public EventVersion ParseVersion(string text) => EventVersion.Parse(text);

    public IObservable<EventNotification> ObserveAll() => Observe(new NotificationFilter());

    public IObservable<EventNotification> ObserveStream(string aggregateId) =>
        Observe(new NotificationFilter(AggregateId: InputRules.Lookup(aggregateId, "aggregate_id")));

    public IObservable<EventNotification> ObserveEventType(string eventType) =>
        Observe(new NotificationFilter(EventType: InputRules.Lookup(eventType, "event_type")));

    public Task<IAsyncDisposable> SubscribeToAllAsync(
        Func<StoredEvent, CancellationToken, Task> handler, EventVersion? since = null, CancellationToken cancellationToken = default) =>
        StartAsync(null, handler, since, cancellationToken);

    public Task<IAsyncDisposable> SubscribeToStreamAsync(
        string aggregateId,
        Func<StoredEvent, CancellationToken, Task> handler,
        EventVersion? since = null,
        CancellationToken cancellationToken = default) =>
        StartAsync(InputRules.Lookup(aggregateId, "aggregate_id"), handler, since, cancellationToken);

    public IAsyncEnumerable<StoredEvent> SubscribeAsync(
        EventVersion since, SubscriptionFilter? filter = null, CancellationToken cancellationToken = default)
    {
        LogFilter.Check(filter);
        listener.EnsureStarted();
        return follower.FollowAsync(since, filter ?? LogFilter.Everything, cancellationToken);
    }

    public IObservable<StoredEvent> ObserveEvents(EventVersion since, SubscriptionFilter? filter = null)
    {
        LogFilter.Check(filter);
        return Observable.Create<StoredEvent>((observer, cancellationToken) => Task.Run(
            async () =>
            {
                await foreach (var stored in SubscribeAsync(since, filter, cancellationToken).ConfigureAwait(false))
                {
                    observer.OnNext(stored);
                }
            },
            cancellationToken));
    }

    /// <summary>
    /// Takes no more appends, waits for those under way, and stops listening. The container owns the connections and disposes them after this.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await groups.DisposeAsync().ConfigureAwait(false);
        await listener.StopAsync().ConfigureAwait(false);
    }

    /// <summary>For a container that is disposed synchronously: signals the end without waiting for it.</summary>
    public void Dispose()
    {
        groups.Dispose();
        listener.Dispose();
    }

    /// <summary>
    /// Ends when an observer that subscribed a moment ago, though its LISTEN may still be on its way, will see what this caller writes next.
    /// </summary>
    internal ValueTask ObserversJoinedAsync(CancellationToken cancellationToken) =>
        states.Now.Status is ListenerStatus.Connecting or ListenerStatus.Live or ListenerStatus.Replayed or ListenerStatus.Degraded
            ? hub.WhenAllInPlaceAsync(ObserversJoin, cancellationToken)
            : ValueTask.CompletedTask;

    private async Task<AppendResult> AppendAsync(AppendRequest request, CancellationToken cancellationToken)
    {
        await ObserversJoinedAsync(cancellationToken).ConfigureAwait(false);
        return await appends.AppendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    private NotificationObservable Observe(NotificationFilter filter) => new(listener, hub, filter, logger);

    private async Task<IAsyncDisposable> StartAsync(
        string? aggregateId,
        Func<StoredEvent, CancellationToken, Task> handler,
        EventVersion? since,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(handler);
        listener.EnsureStarted();
        var subscription = new EventSubscription(hub, reader, headers, settled, aggregateId, handler, time, logger);
        await subscription.StartAsync(since, cancellationToken).ConfigureAwait(false);
        return subscription;
    }
}
