namespace SyncKit;

/// <summary>Where one appended event stands.</summary>
/// <param name="Id">The event's id.</param>
/// <param name="AggregateId">Its stream.</param>
/// <param name="Version">Its place in the whole log.</param>
/// <param name="StreamVersion">Its place in its stream.</param>
public sealed record AppendedEvent(string Id, string AggregateId, EventVersion Version, long StreamVersion);
