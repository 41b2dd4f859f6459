namespace SyncKit;

/// <summary>What a copy begins with.</summary>
/// <param name="Source">The <see cref="SourceEvent.Fingerprint"/> of the first event of the log.</param>
/// <param name="UpTo">The last version that is to be copied now.</param>
/// <param name="GoOn">The record to go on with; null to begin a new one.</param>
/// <param name="KeepVersions">
/// Whether events are to get the versions they have: in one transaction, into a log that holds nothing but what this copy brought with their versions.
/// </param>
public sealed record EventCopyStart(string Source, EventVersion UpTo, EventCopyRecord? GoOn = null, bool KeepVersions = false);
