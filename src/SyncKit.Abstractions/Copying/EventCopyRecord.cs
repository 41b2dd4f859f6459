namespace SyncKit;

/// <summary>How far a copy got, as its target knows.</summary>
/// <param name="CopyId">Its number in the target.</param>
/// <param name="Source">The <see cref="SourceEvent.Fingerprint"/> of the first event of the log it is of.</param>
/// <param name="Position">Everything of that log up to this version is copied, was found stored, or was passed over by the caller.</param>
/// <param name="PositionFingerprint">The fingerprint of the event there: where another stands there, it is another log that began alike.</param>
/// <param name="KeepsVersions">Whether events got the versions they had.</param>
public sealed record EventCopyRecord(long CopyId, string Source, EventVersion Position, string PositionFingerprint, bool KeepsVersions);
