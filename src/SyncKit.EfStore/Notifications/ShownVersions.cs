using SyncKit.EfStore.Ordering;

namespace SyncKit.EfStore.Notifications;

/// <summary>
/// What the observers have been shown: everything up to the mark, and above it exactly these versions. So nothing is shown twice and a
/// version that commits late is not skipped. Not safe for several threads.
/// </summary>
/// <remarks>
/// What only a payload told of may be forged, so it does not count as shown until a read of the log has confirmed it: it stays among the
/// ranges to read. A genuine notification comes after its commit, so a snapshot taken later has its event; what such a read lacks was forged.
/// </remarks>
internal sealed class ShownVersions
{
    // So many may wait to be confirmed, and so far above what the log is known to hold is a payload believed. It is a read of two pages.
    internal const int MostUnconfirmed = 10_000;

    private readonly VersionSet _above = new();
    private readonly Dictionary<long, (EventNotification Event, bool CountedAsForged)> _unconfirmed = [];
    private long _highest; // the log is known to reach up to here
    private int _forged;

    /// <summary>Everything up to here was shown, or will never appear.</summary>
    internal long Mark { get; private set; }

    /// <summary>How many separate runs of versions are remembered: what it costs.</summary>
    internal int RunCount => _above.RunCount;

    /// <summary>How many were shown on a payload's word alone.</summary>
    internal int UnconfirmedCount => _unconfirmed.Count;

    /// <summary>Counts a version of the log as shown; false where it was already.</summary>
    internal bool TryShow(long version)
    {
        Reaches(version);
        _unconfirmed.Remove(version);
        return version > Mark && _above.Add(version);
    }

    /// <summary>
    /// Counts an event that was read from the log as shown; false where it was already. True also where only a forged one was shown in its
    /// place.
    /// </summary>
    internal bool TryShow(EventNotification read)
    {
        _unconfirmed.TryGetValue(read.Version.Value, out var told);
        if (!TryShow(read.Version.Value))
        {
            return false;
        }

        if (told.Event is null)
        {
            return true;
        }

        if (SameEvent(told.Event, read))
        {
            return false;
        }

        CountForged(told.CountedAsForged);
        return true;
    }

    /// <summary>Counts an event that a payload tells of as shown, for now; false where it is not <see cref="Telling.New"/>.</summary>
    internal bool TryTell(EventNotification told)
    {
        var isNew = Weigh(told) == Telling.New;
        if (isNew)
        {
            _unconfirmed.Add(told.Version.Value, (told, false));
        }

        return isNew;
    }

    /// <summary>Says what to make of an event that a payload tells of.</summary>
    internal Telling Weigh(EventNotification told)
    {
        var version = told.Version.Value;
        if (IsConfirmed(version))
        {
            return Telling.Known;
        }

        if (_unconfirmed.TryGetValue(version, out var before))
        {
            if (SameEvent(before.Event, told))
            {
                return Telling.Known;
            }

            // One of both is forged; only the log knows which.
            CountForged(before.CountedAsForged);
            _unconfirmed[version] = (before.Event, true);
            return Telling.Doubtful;
        }

        return _unconfirmed.Count == MostUnconfirmed || version - MostUnconfirmed > Math.Max(_highest, Mark) ? Telling.Doubtful : Telling.New;
    }

    /// <summary>Whether a version was shown and the log has it.</summary>
    internal bool IsConfirmed(long version) => version <= Mark || _above.Contains(version);

    /// <summary>The log reaches up to a version at least.</summary>
    internal void Reaches(long version) => _highest = Math.Max(_highest, version);

    /// <summary>
    /// After everything not shown up to a version was read, in a snapshot taken after the payloads came: what is still unconfirmed there is not
    /// in the log. It is forgotten, so that the event which gets this version is shown.
    /// </summary>
    /// <param name="through">The version.</param>
    /// <param name="streams">Those that were read; null for all. Of others nothing is known.</param>
    internal void RefuseUnconfirmed(long through, string[]? streams)
    {
        foreach (var (version, told) in _unconfirmed)
        {
            if (version <= through)
            {
                _unconfirmed.Remove(version);
                if (streams?.Contains(told.Event.AggregateId) != false)
                {
                    CountForged(told.CountedAsForged);
                }
            }
        }
    }

    /// <summary>How many payloads turned out to be forged since this was asked last.</summary>
    internal int TakeForged()
    {
        var forged = _forged;
        _forged = 0;
        return forged;
    }

    /// <summary>The ranges not shown yet, or not confirmed; the last one is open-ended.</summary>
    internal IEnumerable<(long First, long Last)> Unshown() => _above.GapsAbove(Mark);

    /// <summary>The ranges not shown yet, or not confirmed, up to a version.</summary>
    internal IEnumerable<(long First, long Last)> UnshownThrough(long version) =>
        Unshown().TakeWhile(gap => gap.First <= version).Select(gap => (gap.First, Math.Min(gap.Last, version)));

    /// <summary>Everything up to a version is final and shown.</summary>
    internal void Settle(long version)
    {
        if (version <= Mark)
        {
            return;
        }

        Mark = version;
        _above.RemoveThrough(version);
        foreach (var told in _unconfirmed.Keys)
        {
            if (told <= version)
            {
                _unconfirmed.Remove(told);
            }
        }
    }

    /// <summary>Gives up watching the lower half of the gaps, where there are too many to remember. Returns the new mark.</summary>
    internal long ForgetLowerHalf()
    {
        Settle(_above.Runs.ElementAt(_above.RunCount / 2).Last);
        return Mark;
    }

    // A payload that contradicts another is counted when it comes; the one of both that proves to be forged is the same one.
    private void CountForged(bool already) => _forged += already ? 0 : 1;

    // The time is left out: it says nothing about which event it is, and how it is written in a payload is the server's choice.
    private static bool SameEvent(EventNotification one, EventNotification other) =>
        one.Id == other.Id && one.AggregateId == other.AggregateId && one.StreamVersion == other.StreamVersion && one.EventType == other.EventType;
}
