namespace SyncKit.EfStore.Appending;

/// <summary>What the log holds under an event's id.</summary>
/// <param name="Version">0 where it holds nothing.</param>
/// <param name="StreamVersion">Its place in its stream.</param>
/// <param name="IsEqual">Whether the content is the same.</param>
internal readonly record struct StoredMatch(long Version, long StreamVersion, bool IsEqual)
{
    internal static readonly StoredMatch Absent;

    internal bool IsStored => Version > 0;
}
