namespace SyncKit;

/// <summary>An event that cannot be copied.</summary>
/// <param name="Event">As it stands in the source.</param>
/// <param name="Reason">What is wrong with it, limit included, as a sentence.</param>
public sealed record RefusedEvent(SourceEvent Event, string Reason);
