namespace SyncKit.EfStore.Sqlite.Verifying;

/// <summary>
/// Compares two logs while both are read, each once. An event waits in a window until it is met in the other log: one that is missing there
/// stands alone, and does not put those behind it out of step. Once both windows are full, or the logs end, those that have waited longest are
/// looked up in the other log by their ids, so a verdict is exact at any distance.
/// </summary>
/// <remarks>
/// <code>
/// read one from the log with fewer waiting ──► met already? ──yes──► compare, judge the order
///                                                └──no──► waits
/// both windows full, or ends ──► look up the oldest: absent ──► missing / extra
///                                                   behind the other's cursor ──► compare (from the first log's side only)
///                                                   ahead of it ──► goes on waiting; the other log is read up to there
/// </code>
/// </remarks>
internal sealed class LogComparison(DifferenceList differences, LogComparison.FindById findInFrom, LogComparison.FindById findInTo, int window)
{
    internal const int DefaultWindow = 50_000;
    private const int LookUps = 1_000;

    private readonly LogSide _from = new();
    private readonly LogSide _to = new();

    // Of the events that are in one order in both logs, the last.
    private long _orderedFrom = long.MinValue;
    private long _orderedTo = long.MinValue;

    /// <summary>The events under these ids, as many as there are.</summary>
    internal delegate Task<IReadOnlyDictionary<string, EventFingerprint>> FindById(IReadOnlyList<string> ids, CancellationToken cancellationToken);

    internal LogSide From => _from;

    internal LogSide To => _to;

    /// <param name="from">The first log, by version.</param>
    /// <param name="to">The second log, by version.</param>
    /// <param name="afterEach">Told after each event of the first log.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal async Task RunAsync(
        IAsyncEnumerator<EventFingerprint> from, IAsyncEnumerator<EventFingerprint> to, Action afterEach, CancellationToken cancellationToken)
    {
        while (true)
        {
            var mayReadFrom = !_from.HasEnded && _from.Pending < window;
            var mayReadTo = !_to.HasEnded && _to.Pending < window;
            if (mayReadFrom && (!mayReadTo || _from.Pending <= _to.Pending))
            {
                await ReadFromAsync(from).ConfigureAwait(false);
                afterEach();
            }
            else if (mayReadTo)
            {
                await ReadToAsync(to).ConfigureAwait(false);
            }
            else if (_from.Pending > 0 || _to.Pending > 0)
            {
                await ResolveOldestAsync(cancellationToken).ConfigureAwait(false);
            }
            else
            {
                return;
            }
        }
    }

    private async ValueTask ReadFromAsync(IAsyncEnumerator<EventFingerprint> from)
    {
        if (!await from.MoveNextAsync().ConfigureAwait(false))
        {
            _from.End();
            return;
        }

        _from.Read(from.Current);
        if (_to.TryTake(from.Current.Id, out var met))
        {
            Pair(from.Current, met.Event);
        }
        else if (new PendingEvent(from.Current, from.Current.Version) is var pending && !_from.Keep(pending))
        {
            differences.Missing(pending);
        }
    }

    private async ValueTask ReadToAsync(IAsyncEnumerator<EventFingerprint> to)
    {
        if (!await to.MoveNextAsync().ConfigureAwait(false))
        {
            _to.End();
            return;
        }

        _to.Read(to.Current);
        if (_from.TryTake(to.Current.Id, out var met))
        {
            Pair(met.Event, to.Current);
        }
        else if (new PendingEvent(to.Current, _from.At) is var pending && !_to.Keep(pending))
        {
            differences.Extra(pending);
        }
    }

    private async Task ResolveOldestAsync(CancellationToken cancellationToken)
    {
        var (ofFrom, ofTo) = (_from.Oldest(LookUps), _to.Oldest(LookUps));
        await LookUpAsync(ofFrom, findInTo, cancellationToken).ConfigureAwait(false);
        await LookUpAsync(ofTo, findInFrom, cancellationToken).ConfigureAwait(false);

        var resolved = 0;
        foreach (var pending in ofFrom)
        {
            if (pending.Found is not { } found)
            {
                Resolve(_from, pending, () => differences.Missing(pending));
            }
            else if (_to.HasEnded || found.Version <= _to.At)
            {
                Resolve(_from, pending, () => Pair(pending.Event, found));
            }
        }

        foreach (var pending in ofTo)
        {
            if (pending.Found is not { } found)
            {
                Resolve(_to, pending, () => differences.Extra(pending));
            }
            else if (found.Version <= _from.At)
            {
                // It was looked up from the other side, which has judged it.
                Resolve(_to, pending, () => { });
            }
            else if (_from.HasEnded)
            {
                // Appended to the first log since its end was read.
                Resolve(_to, pending, () => Pair(found, pending.Event));
            }
        }

        if (resolved == 0)
        {
            // Each waits for what the other log holds further on: a stretch longer than the window changed places.
            foreach (var pending in ofFrom)
            {
                Resolve(_from, pending, () => Pair(pending.Event, pending.Found!));
            }
        }

        void Resolve(LogSide side, PendingEvent pending, Action judge)
        {
            side.Remove(pending);
            judge();
            resolved++;
        }
    }

    private static async Task LookUpAsync(List<PendingEvent> pending, FindById find, CancellationToken cancellationToken)
    {
        var unknown = pending.Where(one => one.Found is null).ToList();
        if (unknown.Count == 0)
        {
            return;
        }

        var found = await find([.. unknown.Select(one => one.Event.Id)], cancellationToken).ConfigureAwait(false);
        foreach (var one in unknown)
        {
            one.Found = found.GetValueOrDefault(one.Event.Id);
        }
    }

    private void Pair(EventFingerprint from, EventFingerprint to)
    {
        if (from.Version > _orderedFrom && to.Version > _orderedTo)
        {
            (_orderedFrom, _orderedTo) = (from.Version, to.Version);
        }
        else
        {
            differences.Reordered(from, to);
        }

        differences.Compare(from, to);
    }
}
