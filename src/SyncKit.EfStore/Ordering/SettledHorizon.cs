namespace SyncKit.EfStore.Ordering;

/// <summary>
/// Says what is settled, from looks at the log given to it in their order. No I/O and no clock. Not safe for several threads.
/// </summary>
/// <remarks>
/// <para>
/// A look is the highest version visible, m, and then the holders open after that, L. Once every one of L has ended, all up to m is
/// settled; waits for several (m, L) may overlap. A queue of them would hold nested sets, since who was open before and still is belongs
/// to every later L. So one number for each open holder says what the queue would: the m of the last look that did not show it. The mark is the
/// lowest of those numbers, and the newest m where nobody is open.
/// </para>
/// <para>Versions that follow the mark without a gap are settled whoever is open: nothing is missing that could still appear.</para>
/// </remarks>
internal sealed class SettledHorizon
{
    // After a crash the server calls prepared transactions by another name, which begins so.
    private const string Recovered = "-1/";

    private readonly Dictionary<string, OpenHolder> _open = [];
    private readonly HashSet<string> _passedOver = [];
    private string? _highestId;
    private long _before; // what a holder not seen so far leaves settled, once those seen have ended
    private DateTime _serverStarted;

    /// <summary>Every version up to here is committed and visible, or will never appear.</summary>
    internal long Mark { get; private set; }

    /// <summary>The highest version seen.</summary>
    internal long Highest { get; private set; }

    /// <summary>Who keeps the mark below the highest version seen; null where nobody does.</summary>
    internal OpenHolder? HeldBy { get; private set; }

    /// <summary>Takes a look that was made with this mark and this highest version.</summary>
    /// <returns>
    /// False where the event seen highest is gone or another: commits were lost, and nothing that was known holds. All is forgotten then, this
    /// look included; the next one begins anew.
    /// </returns>
    internal bool Observe(LogObservation seen, DateTimeOffset now)
    {
        if (Highest > 0 && seen.KnownId != _highestId)
        {
            Forget();
            (Mark, Highest, _before, _highestId) = (0, 0, 0, null);
            return false;
        }

        if (seen.ServerStarted != _serverStarted)
        {
            Forget();
            _serverStarted = seen.ServerStarted;
        }

        if (seen.Holders is { } holders)
        {
            Follow(holders, now);
        }

        (Highest, _highestId, _before) = (seen.Highest, seen.HighestId, seen.Highest);
        Advance(seen);
        return true;
    }

    /// <summary>Forgets who is open, after a lost connection for one: the next look asks again who is, and the mark stays where it is.</summary>
    internal void Forget()
    {
        _open.Clear();
        _passedOver.Clear();
        _before = Mark;
        HeldBy = null;
    }

    /// <summary>From the next look on, does not wait for a holder: what it still commits may appear below the mark.</summary>
    /// <param name="virtualTransaction">What the server calls it.</param>
    /// <param name="seenSince">When it was seen first: after a restart the server may call another one so.</param>
    /// <returns>False where that holder is not open.</returns>
    internal bool PassOver(string virtualTransaction, DateTimeOffset seenSince) =>
        _open.TryGetValue(virtualTransaction, out var holder) && holder.SeenSince == seenSince && _passedOver.Add(virtualTransaction);

    private void Follow(IReadOnlyCollection<string> holders, DateTimeOffset now)
    {
        foreach (var ended in _open.Keys.Except(holders).ToList())
        {
            _open.Remove(ended);
            _passedOver.Remove(ended);
        }

        foreach (var holder in holders)
        {
            // One recovered under a new name may be any of those that were open before.
            var below = holder.StartsWith(Recovered, StringComparison.Ordinal) ? Mark : _before;
            _open.TryAdd(holder, new OpenHolder(holder, below, now));
        }
    }

    private void Advance(LogObservation seen)
    {
        Mark = Math.Max(Mark, seen.RunEnd);
        if (seen.Holders is null)
        {
            HeldBy = null;
            return;
        }

        OpenHolder? lowest = null;
        foreach (var holder in _open.Values)
        {
            if (!_passedOver.Contains(holder.VirtualTransaction)
                && (lowest is not { } other || holder.Below < other.Below || (holder.Below == other.Below && holder.SeenSince < other.SeenSince)))
            {
                lowest = holder;
            }
        }

        Mark = Math.Max(Mark, lowest?.Below ?? seen.Highest);
        HeldBy = Mark < Highest ? lowest : null;
    }
}
