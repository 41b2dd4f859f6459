namespace SyncKit;

/// <summary>
/// A place in one log, with what tells later whether it still is that log: kept beside a checkpoint, since a version alone may come to name
/// another event when commits are lost.
/// </summary>
/// <param name="Version">The place.</param>
/// <param name="EventId">The id of the event there; null where none stands there, as at zero.</param>
/// <param name="SystemIdentifier">Which cluster it was, as the server says; a cluster restored from its files keeps it.</param>
/// <param name="Timeline">The cluster's timeline; each promotion of a standby begins another.</param>
public sealed record LogPosition(EventVersion Version, string? EventId, long SystemIdentifier, int Timeline);
