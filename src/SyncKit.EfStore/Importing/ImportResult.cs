namespace SyncKit.EfStore;

/// <summary>What an import did.</summary>
/// <param name="Stored">Events it stored.</param>
/// <param name="Streams">How many streams those went to.</param>
/// <param name="Skipped">Events that were stored already, with equal content.</param>
public sealed record ImportResult(long Stored, long Streams, long Skipped);
