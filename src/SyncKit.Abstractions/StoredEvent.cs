namespace SyncKit;

/// <summary>An event as it stands in the log. Immutable.</summary>
/// <param name="Version">Its place in the whole log.</param>
/// <param name="StreamVersion">Its place in its stream: 1, 2, 3 … without gaps.</param>
/// <param name="Id">Its name for all time.</param>
/// <param name="AggregateId">The stream it belongs to.</param>
/// <param name="EventType">What happened.</param>
/// <param name="Data">The facts; null where SQL NULL is stored.</param>
/// <param name="Metadata">What is known besides; null where SQL NULL is stored.</param>
/// <param name="CreatedAt">When, in UTC; null only on rows written by other programs.</param>
public sealed record StoredEvent(
    EventVersion Version,
    long StreamVersion,
    string Id,
    string AggregateId,
    string EventType,
    EventJson? Data,
    EventJson? Metadata,
    DateTimeOffset? CreatedAt)
{
    /// <summary><c>stream_</c> and the aggregate id: the <c>stream_name</c> column.</summary>
    public string StreamName => "stream_" + AggregateId;

    /// <summary>
    /// Whether its content was erased (<see cref="IEventErasure"/>): <see cref="Data"/> is the tombstone <c>{"$erased": true}</c>. An event that was
    /// stored with just this document looks erased too.
    /// </summary>
    public bool IsErased => Tombstone.Is(Data);
}
