namespace SyncKit.EfStore.Sqlite.Appending;

/// <summary>What the log holds under an event's id.</summary>
/// <param name="IsStored">Whether it holds anything.</param>
/// <param name="Version">Its place in the log.</param>
/// <param name="IsEqual">Whether the content is the same.</param>
internal readonly record struct StoredMatch(bool IsStored, long Version, bool IsEqual);
