namespace SyncKit;

/// <summary>
/// Stores events and reads them back in order. Safe for any number of threads. Events are facts: they are added, never changed.
/// </summary>
/// <remarks>
/// Every method throws <see cref="InvalidInputException"/> for a value that cannot be stored,
/// <see cref="EventStoreUnavailableException"/> when the store cannot be used, and
/// <see cref="OperationCanceledException"/> when cancelled. An append cancelled or broken off happened whole or not at all; append the
/// same events again to find out. Disposing the store answers the appends under way first; later ones throw
/// <see cref="ObjectDisposedException"/>.
/// </remarks>
public interface IEventStore : IAsyncDisposable
{
    /// <summary>Stores one event at the end of its stream: an append that expects <see cref="ExpectedVersion.Any"/>.</summary>
    /// <exception cref="DuplicateEventException">Its id is stored with other content.</exception>
    Task<AppendResult> StoreAsync(EventData eventData, CancellationToken cancellationToken = default);

    /// <summary>Stores events of one stream or several, all or none, each at the end of its stream.</summary>
    /// <param name="events">One or more, in the order they are to be read back.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="DuplicateEventException">Ids are stored with other content, or only part of them is stored.</exception>
    Task<AppendResult> StoreAsync(IReadOnlyList<EventData> events, CancellationToken cancellationToken = default);

    /// <summary>Appends events to one stream, all or none, if the stream is where the caller expects it.</summary>
    /// <param name="events">One or more, all of one stream.</param>
    /// <param name="expected">What the caller claims about the stream.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>Their places. The same events appended again give the first places, whatever is expected.</returns>
    /// <exception cref="WrongExpectedVersionException">The stream is elsewhere.</exception>
    /// <exception cref="DuplicateEventException">Ids are stored with other content, or only part of them is stored.</exception>
    Task<AppendResult> AppendAsync(
        IReadOnlyList<EventData> events, ExpectedVersion expected, CancellationToken cancellationToken = default);

    /// <summary>Appends to several streams at once, all or none, each with its own expectation.</summary>
    /// <param name="appends">One or more, each to another stream.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="WrongExpectedVersionException">A stream is elsewhere; the first one in the order given is named.</exception>
    /// <exception cref="DuplicateEventException">Ids are stored with other content, or only part of them is stored.</exception>
    Task<AppendResult> AppendAsync(IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken = default);

    /// <summary>Reads all settled events after a version, in order, in constant memory.</summary>
    /// <param name="since">The last version already known; <see cref="EventVersion.Zero"/> for everything.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    /// <remarks>
    /// The last version read can be kept and given as <paramref name="since"/> next time: no event is missed. Where an append stays open for more
    /// than five seconds, the read ends before the versions it may still fill; the next one goes on there.
    /// </remarks>
    IAsyncEnumerable<StoredEvent> LoadAsync(EventVersion since, CancellationToken cancellationToken = default);

    /// <summary>Reads the events of one stream after a version, in order, in constant memory.</summary>
    /// <param name="aggregateId">The stream. One that does not exist has no events.</param>
    /// <param name="since">The last version already known, a place in the whole log; <see cref="EventVersion.Zero"/> for everything.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    IAsyncEnumerable<StoredEvent> LoadByAggregateAsync(
        string aggregateId, EventVersion since = default, CancellationToken cancellationToken = default);

    /// <summary>Reads what a query asks for, either way, in constant memory.</summary>
    IAsyncEnumerable<StoredEvent> ReadAsync(EventQuery query, CancellationToken cancellationToken = default);

    /// <summary>The highest settled version; <see cref="EventVersion.Zero"/> for an empty log.</summary>
    /// <remarks>
    /// Waits for appends that are open, up to five seconds; where one stays open longer, this is what is settled in spite of it. A process that has
    /// known of nothing settled before then says where the versions from 1 on have their first gap.
    /// </remarks>
    Task<EventVersion> GetLatestVersionAsync(CancellationToken cancellationToken = default);

    /// <summary>Reads a version this store wrote as text. <c>""</c> and <c>"0"</c> are <see cref="EventVersion.Zero"/>.</summary>
    /// <exception cref="InvalidInputException">The text is not a version.</exception>
    EventVersion ParseVersion(string text);
}
