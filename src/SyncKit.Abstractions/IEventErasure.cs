namespace SyncKit;

/// <summary>
/// Takes the content of stored events away for good, as a data protection law may demand (GDPR, Article 17). Safe for any number of threads.
/// </summary>
/// <remarks>
/// <para>
/// The event stays where it is, with version, stream version, id, aggregate id, event type and time; its data and metadata become the tombstone
/// <c>{"$erased": true}</c>, of which <see cref="StoredEvent.IsErased"/> tells. So order, streams, cursors and subscriptions are untouched, and
/// handlers meet the tombstone. What names the event is not erased: keep personal data out of ids, aggregate ids and types. Nobody is notified;
/// rebuild the projections that keep a copy.
/// </para>
/// <para>
/// Who, when, which versions and why are recorded; the old content is not, and goes from earlier records too. Erasing again is harmless.
/// An append repeated with an erased event's id and its old content is a <see cref="DuplicateEventException"/>: nothing comes back.
/// </para>
/// <para>
/// Every method throws <see cref="InvalidInputException"/> for a value that cannot be, <see cref="EventStoreUnavailableException"/> when the
/// store cannot be used or the role may not erase, and <see cref="OperationCanceledException"/> when cancelled. Each is one transaction, which has no
/// time limit but the token: a long stream takes its time.
/// </para>
/// </remarks>
public interface IEventErasure
{
    /// <summary>Erases every event of a stream, those of appends that are open right now included. What is appended later stays.</summary>
    /// <param name="aggregateId">The stream.</param>
    /// <param name="reason">Why, for the record: 1 to 1,024 bytes of UTF-8, not blank, and itself free of what is to be forgotten.</param>
    /// <param name="cancellationToken">Ends the attempt; it happened whole or not at all.</param>
    Task<ErasureResult> EraseAsync(string aggregateId, string reason, CancellationToken cancellationToken = default);

    /// <summary>Erases single events.</summary>
    /// <param name="versions">Their places in the whole log, at least one. One that no event has is passed over.</param>
    /// <param name="reason">Why, for the record: 1 to 1,024 bytes of UTF-8, not blank, and itself free of what is to be forgotten.</param>
    /// <param name="cancellationToken">Ends the attempt; it happened whole or not at all.</param>
    Task<ErasureResult> EraseAsync(IReadOnlyCollection<EventVersion> versions, string reason, CancellationToken cancellationToken = default);
}
