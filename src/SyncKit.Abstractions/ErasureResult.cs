namespace SyncKit;

/// <summary>What an erasure found. Both lists are in version order; both empty where nothing is stored under what was named.</summary>
/// <param name="Erased">The events whose content is gone now.</param>
/// <param name="ErasedBefore">Those that had been erased already, and stayed as they were.</param>
public sealed record ErasureResult(IReadOnlyList<EventVersion> Erased, IReadOnlyList<EventVersion> ErasedBefore);
