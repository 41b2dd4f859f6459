using SyncKit.EfStore.Ordering;

namespace SyncKit.EfStore.Notifications;

/// <summary>
/// What the observers have been shown: everything up to the mark, and above it exactly these versions. So nothing is shown twice and a
/// version that commits late is not skipped. Not safe for several threads.
/// </summary>
internal sealed class ShownVersions
{
    private readonly VersionSet _above = new();

    /// <summary>Everything up to here was shown, or will never appear.</summary>
    internal long Mark { get; private set; }

    /// <summary>How many separate runs of versions are remembered: what it costs.</summary>
    internal int RunCount => _above.RunCount;

    /// <summary>Counts a version as shown; false where it was already.</summary>
    internal bool TryShow(long version) => version > Mark && _above.Add(version);

    /// <summary>The ranges not shown yet; the last one is open-ended.</summary>
    internal IEnumerable<(long First, long Last)> Unshown() => _above.GapsAbove(Mark);

    /// <summary>The ranges not shown yet, up to a version.</summary>
    internal IEnumerable<(long First, long Last)> UnshownThrough(long version) =>
        Unshown().TakeWhile(gap => gap.First <= version).Select(gap => (gap.First, Math.Min(gap.Last, version)));

    /// <summary>Everything up to a version is final and shown.</summary>
    internal void Settle(long version)
    {
        if (version > Mark)
        {
            Mark = version;
            _above.RemoveThrough(version);
        }
    }

    /// <summary>Gives up watching the lower half of the gaps, where there are too many to remember. Returns the new mark.</summary>
    internal long ForgetLowerHalf()
    {
        Settle(_above.Runs.ElementAt(_above.RunCount / 2).Last);
        return Mark;
    }
}
