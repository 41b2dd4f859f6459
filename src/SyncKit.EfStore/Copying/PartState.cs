namespace SyncKit.EfStore.Copying;

/// <summary>What a transaction sees of the log before it copies.</summary>
/// <param name="Heads">How far each stream of the part goes.</param>
/// <param name="Stored">Events that are stored, by their place in the part: their version, and whether with equal content. Empty where nobody asked.</param>
/// <param name="Versions">Drawn for the events, in order; null where versions are kept, or where it was to be seen first how many are needed.</param>
internal sealed record PartState(long[] Heads, IReadOnlyDictionary<int, (long Version, bool IsEqual)> Stored, long[]? Versions);
