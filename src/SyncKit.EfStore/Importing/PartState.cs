namespace SyncKit.EfStore.Importing;

/// <summary>What a transaction sees of the log before it copies.</summary>
/// <param name="Now">The time of events that have none of their own.</param>
/// <param name="Heads">How far each stream of the batch goes.</param>
/// <param name="Stored">Events that are stored, by their place in the batch, and whether with equal content. Empty where nobody asked.</param>
internal sealed record PartState(DateTimeOffset Now, long[] Heads, IReadOnlyDictionary<int, bool> Stored);
