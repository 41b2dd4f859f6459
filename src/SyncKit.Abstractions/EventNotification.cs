namespace SyncKit;

/// <summary>
/// A hint that an event was committed: what happened where, without the facts. The log is the truth; read it for those.
/// </summary>
/// <param name="Version">The event's place in the whole log.</param>
/// <param name="StreamVersion">Its place in its stream.</param>
/// <param name="Id">Its id.</param>
/// <param name="AggregateId">Its stream.</param>
/// <param name="EventType">What happened.</param>
/// <param name="CreatedAt">When, in UTC; null only on rows written by other programs.</param>
public sealed record EventNotification(
    EventVersion Version,
    long StreamVersion,
    string Id,
    string AggregateId,
    string EventType,
    DateTimeOffset? CreatedAt)
{
    /// <summary><c>stream_</c> and the aggregate id: the <c>stream_name</c> column.</summary>
    public string StreamName => "stream_" + AggregateId;
}
