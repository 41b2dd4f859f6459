namespace SyncKit;

/// <summary>Neighbours of the source that are neighbours in the target too: how a copy remembers which version became which.</summary>
/// <param name="Source">The version of the first in the source.</param>
/// <param name="Target">Its version in the target.</param>
/// <param name="Events">How many; each is one version further in both.</param>
internal readonly record struct VersionRun(long Source, long Target, long Events)
{
    private bool IsFollowedBy(long source, long target) => source == Source + Events && target == Target + Events;

    /// <summary>Adds an event behind the runs: to the last one where it follows it.</summary>
    internal static void Add(List<VersionRun> runs, long source, long target)
    {
        if (runs.Count > 0 && runs[^1].IsFollowedBy(source, target))
        {
            runs[^1] = runs[^1] with { Events = runs[^1].Events + 1 };
        }
        else
        {
            runs.Add(new VersionRun(source, target, 1));
        }
    }
}
