namespace SyncKit.EfStore.Sqlite.Verifying;

/// <summary>Counts differences and keeps the first of them, in the order of the first log, in bounded memory.</summary>
internal sealed class DifferenceList(VerifyOptions options)
{
    // Streams of unequal length that are told apart; a log that differs in more is another one.
    private const int MostStreams = 100_000;

    private readonly PriorityQueue<EventDifference, (long, long)> _first = new(Comparer<(long, long)>.Create((one, other) => other.CompareTo(one)));
    private readonly Dictionary<string, long> _streams = new(StringComparer.Ordinal);
    private readonly long[] _counts = new long[Enum.GetValues<DifferenceKind>().Length];
    private long _found;

    internal long Count => _counts.Sum();

    internal void Missing(PendingEvent at)
    {
        var alone = at.Event;
        Add(at.Place, new EventDifference(
            DifferenceKind.Missing, alone.Id, alone.AggregateId, alone.Version, null, EventFields.None, alone.CreatedAt, null,
            alone.IsErased, IsErasedInTo: false));
        Lengthen(alone.AggregateId, -1);
    }

    internal void Extra(PendingEvent at)
    {
        var alone = at.Event;
        Add(at.Place, new EventDifference(
            DifferenceKind.Extra, alone.Id, alone.AggregateId, null, alone.Version, EventFields.None, null, alone.CreatedAt,
            IsErasedInFrom: false, alone.IsErased));
        Lengthen(alone.AggregateId, 1);
    }

    internal void Reordered(EventFingerprint from, EventFingerprint to) => Add(from.Version, Both(DifferenceKind.Reordered, from, to, EventFields.None));

    /// <summary>Compares the content of one event in both logs.</summary>
    internal void Compare(EventFingerprint from, EventFingerprint to)
    {
        const EventFields Content = EventFields.Data | EventFields.Metadata;
        var fields = from.DifferentFrom(to);
        if (from.IsErased != to.IsErased)
        {
            if (!options.IgnoreErased)
            {
                Add(from.Version, Both(DifferenceKind.Erased, from, to, fields & Content));
            }

            fields &= ~Content;
        }

        if (fields == EventFields.None)
        {
            return;
        }

        Add(from.Version, Both(DifferenceKind.Changed, from, to, fields));
        if (fields.HasFlag(EventFields.AggregateId))
        {
            Lengthen(from.AggregateId, -1);
            Lengthen(to.AggregateId, 1);
        }
    }

    internal VerifyResult Result(long fromEvents, long toEvents)
    {
        var first = new EventDifference[_first.Count];
        for (var i = first.Length - 1; i >= 0; i--)
        {
            first[i] = _first.Dequeue();
        }

        var streams = _streams.Take(options.First).Select(stream => new StreamDifference(stream.Key, stream.Value));
        return new VerifyResult(
            fromEvents, toEvents, Of(DifferenceKind.Missing), Of(DifferenceKind.Extra), Of(DifferenceKind.Changed), Of(DifferenceKind.Reordered),
            Of(DifferenceKind.Erased), first, [.. streams], _streams.Count);

        long Of(DifferenceKind kind) => _counts[(int)kind];
    }

    private static EventDifference Both(DifferenceKind kind, EventFingerprint from, EventFingerprint to, EventFields fields) => new(
        kind, from.Id, from.AggregateId, from.Version, to.Version, fields, from.CreatedAt, to.CreatedAt,
        from.IsErased, to.IsErased);

    private void Add(long place, EventDifference difference)
    {
        _counts[(int)difference.Kind]++;
        _first.Enqueue(difference, (place, _found++));
        if (_first.Count > options.First)
        {
            _first.Dequeue();
        }
    }

    private void Lengthen(string aggregateId, long by)
    {
        var length = _streams.GetValueOrDefault(aggregateId) + by;
        if (length == 0)
        {
            _streams.Remove(aggregateId);
        }
        else if (_streams.Count < MostStreams || _streams.ContainsKey(aggregateId))
        {
            _streams[aggregateId] = length;
        }
    }
}
