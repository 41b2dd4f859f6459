namespace SyncKit.EfStore.Ordering;

/// <summary>A set of versions kept as runs, so that a million consecutive versions cost as much as one. Not safe for several threads.</summary>
internal sealed class VersionSet
{
    // First version of each run → its last. Runs neither overlap nor touch.
    private readonly SortedList<long, long> _runs = [];

    /// <summary>How many runs are kept: what the set costs.</summary>
    internal int RunCount => _runs.Count;

    internal bool IsEmpty => _runs.Count == 0;

    /// <summary>The runs, lowest first.</summary>
    internal IEnumerable<(long First, long Last)> Runs => _runs.Select(run => (run.Key, run.Value));

    /// <summary>The versions, lowest first.</summary>
    internal IEnumerable<long> Versions()
    {
        foreach (var (first, last) in Runs)
        {
            for (var version = first; ; version++)
            {
                yield return version;
                if (version == last)
                {
                    break;
                }
            }
        }
    }

    internal bool Contains(long version)
    {
        var at = RunAtOrBelow(version);
        return at >= 0 && version <= _runs.GetValueAtIndex(at);
    }

    /// <summary>Adds a version; false where it was there.</summary>
    internal bool Add(long version)
    {
        var at = RunAtOrBelow(version);
        if (at >= 0 && version <= _runs.GetValueAtIndex(at))
        {
            return false;
        }

        var touchesBelow = at >= 0 && _runs.GetValueAtIndex(at) == version - 1;
        var touchesAbove = at + 1 < _runs.Count && _runs.GetKeyAtIndex(at + 1) == version + 1;
        var last = touchesAbove ? _runs.GetValueAtIndex(at + 1) : version;
        if (touchesAbove)
        {
            _runs.RemoveAt(at + 1);
        }

        if (touchesBelow)
        {
            _runs.SetValueAtIndex(at, last);
        }
        else
        {
            _runs.Add(version, last);
        }

        return true;
    }

    /// <summary>Forgets every version up to and including one.</summary>
    internal void RemoveThrough(long version)
    {
        // Runs are dropped from the front; rebuilt once instead of shifting the list for each.
        var kept = _runs.Where(run => run.Value > version)
            .Select(run => (First: Math.Max(run.Key, version + 1), Last: run.Value))
            .ToList();
        if (kept.Count == _runs.Count && (kept.Count == 0 || kept[0].First == _runs.GetKeyAtIndex(0)))
        {
            return;
        }

        _runs.Clear();
        foreach (var (first, last) in kept)
        {
            _runs.Add(first, last);
        }
    }

    internal void Clear() => _runs.Clear();

    /// <summary>The ranges above <paramref name="floor"/> that are not in the set; the last one is open-ended.</summary>
    internal IEnumerable<(long First, long Last)> GapsAbove(long floor)
    {
        if (floor == long.MaxValue)
        {
            yield break;
        }

        var next = floor + 1;
        foreach (var (first, last) in Runs)
        {
            if (last < next)
            {
                continue;
            }

            if (first > next)
            {
                yield return (next, first - 1);
            }

            if (last == long.MaxValue)
            {
                yield break;
            }

            next = last + 1;
        }

        yield return (next, long.MaxValue);
    }

    /// <summary>The index of the last run that begins at or below a version; -1 where there is none.</summary>
    private int RunAtOrBelow(long version)
    {
        var low = 0;
        var high = _runs.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (_runs.GetKeyAtIndex(middle) <= version)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return high;
    }
}
