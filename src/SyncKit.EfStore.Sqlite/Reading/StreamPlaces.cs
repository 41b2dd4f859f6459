namespace SyncKit.EfStore.Sqlite.Reading;

/// <summary>
/// Tells the stream version of each event of one read. The file does not store it: it is the event's place among those of its stream. The first
/// of a stream is counted, the others follow from it. Remembers a bounded number of streams, so a read stays in constant memory.
/// </summary>
internal sealed class StreamPlaces(EventQuery query, int capacity = StreamPlaces.DefaultCapacity)
{
    internal const int DefaultCapacity = 10_000;

    // Between two events of a stream that this read shows there is none that it leaves out.
    private readonly bool _leavesNoneOut = LeavesNoneOut(query);
    private readonly int _step = query.Direction == ReadDirection.Forwards ? 1 : -1;
    private readonly Dictionary<string, (long Version, long Place)> _known = new(StringComparer.Ordinal);

    // A stream not met so far begins with the event at hand.
    private bool _sinceTheStart = query is { Direction: ReadDirection.Forwards, After.Value: 0 } && LeavesNoneOut(query);

    /// <param name="aggregateId">Its stream.</param>
    /// <param name="version">Its version; each event comes once, in the order of the read.</param>
    /// <param name="count">How many events a stream has after one version and up to another.</param>
    internal long Of(string aggregateId, long version, Func<string, long, long, long> count)
    {
        var place = _known.TryGetValue(aggregateId, out var last) switch
        {
            true when _leavesNoneOut => last.Place + _step,
            true when _step > 0 => last.Place + count(aggregateId, last.Version, version),
            true => last.Place - count(aggregateId, version, last.Version),
            false when _sinceTheStart => 1,
            false => count(aggregateId, 0, version),
        };

        if (_known.Count >= capacity && !_known.ContainsKey(aggregateId))
        {
            _known.Clear();
            _sinceTheStart = false;
        }

        _known[aggregateId] = (version, place);
        return place;
    }

    private static bool LeavesNoneOut(EventQuery query) => query is { EventTypes.Count: 0, CreatedFrom: null, CreatedBefore: null };
}
