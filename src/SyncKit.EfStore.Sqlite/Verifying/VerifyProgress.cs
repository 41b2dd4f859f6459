namespace SyncKit.EfStore.Sqlite;

/// <summary>How far a comparison is.</summary>
/// <param name="Read">Events read of the first log.</param>
/// <param name="At">The version of the last of them.</param>
/// <param name="Last">The version up to which the first log is read.</param>
/// <param name="Differences">Found so far.</param>
public sealed record VerifyProgress(long Read, EventVersion At, EventVersion Last, long Differences);
