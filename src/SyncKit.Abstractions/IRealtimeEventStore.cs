namespace SyncKit;

/// <summary>
/// An event store that tells of new events at once. Safe for any number of threads; subscribe and unsubscribe at any time.
/// </summary>
/// <remarks>
/// Observers see every event once, in the order of each stream, through lost connections as well: from their subscription on what this
/// process appends, and what other processes commit once LISTEN is in place, a moment later.
/// <see cref="SubscribeToAllAsync"/> and <see cref="SubscribeToStreamAsync"/> can be awaited for that moment.
/// Each has a queue of its own: a slow or throwing observer never holds up the others or the listener. A call of OnNext never
/// overlaps another for the same observer. A reconnect is not an error; see <see cref="ListenerStates"/> for it.
/// </remarks>
public interface IRealtimeEventStore : IEventStore
{
    /// <summary>What the listener is doing now.</summary>
    ListenerState ListenerState { get; }

    /// <summary>The listener's state now and every change of it.</summary>
    IObservable<ListenerState> ListenerStates { get; }

    /// <summary>Notifications of all events.</summary>
    IObservable<EventNotification> ObserveAll();

    /// <summary>Notifications of one stream's events.</summary>
    /// <exception cref="InvalidInputException">The aggregate id is none.</exception>
    IObservable<EventNotification> ObserveStream(string aggregateId);

    /// <summary>Notifications of the events of one type, in any stream.</summary>
    /// <exception cref="InvalidInputException">The event type is none.</exception>
    IObservable<EventNotification> ObserveEventType(string eventType);

    /// <summary>Calls a handler with every event from now on, or from a version on, one at a time.</summary>
    /// <param name="handler">Gets each event once. What it throws is logged with the event's version, and the next event follows.</param>
    /// <param name="since">Begin with the events after this version. Default: null, only events committed from now on.</param>
    /// <param name="cancellationToken">Ends the wait for the subscription to be in place, not the subscription.</param>
    /// <returns>Once the subscription is in place. Disposing it ends it and waits for the handler to return.</returns>
    Task<IAsyncDisposable> SubscribeToAllAsync(
        Func<StoredEvent, CancellationToken, Task> handler,
        EventVersion? since = null,
        CancellationToken cancellationToken = default);

    /// <summary>Calls a handler with every event of one stream from now on, or from a version on, one at a time.</summary>
    /// <param name="aggregateId">The stream, which need not exist yet.</param>
    /// <param name="handler">Gets each event once. What it throws is logged with the event's version, and the next event follows.</param>
    /// <param name="since">Begin with the events after this version, a place in the whole log. Default: null, only events committed from now on.</param>
    /// <param name="cancellationToken">Ends the wait for the subscription to be in place, not the subscription.</param>
    /// <returns>Once the subscription is in place. Disposing it ends it and waits for the handler to return.</returns>
    Task<IAsyncDisposable> SubscribeToStreamAsync(
        string aggregateId,
        Func<StoredEvent, CancellationToken, Task> handler,
        EventVersion? since = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Reads the settled events after a version in version order, then each new one as it settles, until cancelled: nothing is missed and
    /// nothing repeated, through lost connections as well.
    /// </summary>
    /// <param name="since">The last version already known; <see cref="EventVersion.Zero"/> for everything.</param>
    /// <param name="filter">Which events. Default: null, all.</param>
    /// <param name="cancellationToken">Ends it, with <see cref="OperationCanceledException"/>: there is no other end.</param>
    /// <remarks>
    /// Keeps two pages of <c>BatchSize</c> events at most. Woken by notifications, or else within the poll interval. A store that is away
    /// for a while is waited for; one that cannot be used (no schema, no permission, wrong login) throws
    /// <see cref="EventStoreUnavailableException"/>. The last version taken can be kept and given as <paramref name="since"/> next time.
    /// </remarks>
    /// <exception cref="InvalidInputException">The filter holds what no event can match.</exception>
    IAsyncEnumerable<StoredEvent> SubscribeAsync(
        EventVersion since, SubscriptionFilter? filter = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// <see cref="SubscribeAsync"/> as an observable: cold, each observer reads for itself. OnNext is awaited by returning: a slow observer
    /// slows only its own reading. Errors go to OnError; disposing ends the read.
    /// </summary>
    /// <param name="since">The last version already known; <see cref="EventVersion.Zero"/> for everything.</param>
    /// <param name="filter">Which events. Default: null, all.</param>
    /// <exception cref="InvalidInputException">The filter holds what no event can match.</exception>
    IObservable<StoredEvent> ObserveEvents(EventVersion since, SubscriptionFilter? filter = null);
}
