namespace SyncKit;

/// <summary>What became of a batch.</summary>
/// <param name="Copied">How many events were written.</param>
/// <param name="AlreadyStored">How many were stored before, with equal content.</param>
/// <param name="Refused">Those that cannot be stored, in order. Where there are any, the batch is not recorded as dealt with.</param>
public sealed record EventCopyOutcome(long Copied, long AlreadyStored, IReadOnlyList<RefusedEvent> Refused);
