namespace SyncKit.EfStore.Importing;

/// <summary>
/// Events that are stored together, and which streams they name. Large, because a transaction has a price and a statement of many rows
/// notifies in ranges; bounded, because a few batches are what an import holds in memory. Filled by one thread, then read by another.
/// </summary>
/// <param name="maxStreams">So many streams at most.</param>
internal sealed class EventBatch(int maxStreams)
{
    internal const int MaxEvents = 15_000;
    internal const long MaxBytes = 16 * 1024 * 1024;

    private readonly List<NumberedEvent> _events = [];
    private readonly List<int> _streamOf = [];
    private readonly List<string> _streams = [];
    private readonly Dictionary<string, int> _streamPlaces = new(StringComparer.Ordinal);
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private long _bytes;

    internal int Count => _events.Count;

    internal NumberedEvent this[int index] => _events[index];

    /// <summary>Each stream once, in the order first named.</summary>
    internal IReadOnlyList<string> Streams => _streams;

    /// <summary>The place in <see cref="Streams"/> of an event's stream.</summary>
    internal int StreamOf(int index) => _streamOf[index];

    /// <summary>
    /// Takes one more event, unless the batch is full or holds its id: the second of two is compared with the first once that is stored.
    /// An empty batch takes any event.
    /// </summary>
    internal bool TryAdd(NumberedEvent numbered)
    {
        var given = numbered.Event;
        var bytes = Bytes(given);
        if (_events.Count > 0 && (_events.Count == MaxEvents || _bytes + bytes > MaxBytes))
        {
            return false;
        }

        if (!_streamPlaces.TryGetValue(given.AggregateId, out var stream))
        {
            if (_streams.Count == maxStreams)
            {
                return false;
            }

            stream = _streams.Count;
        }

        if (!_ids.Add(given.Id))
        {
            return false;
        }

        if (stream == _streams.Count)
        {
            _streams.Add(given.AggregateId);
            _streamPlaces.Add(given.AggregateId, stream);
        }

        _events.Add(numbered);
        _streamOf.Add(stream);
        _bytes += bytes;
        return true;
    }

    private static long Bytes(EventData given) =>
        given.Id.Length + given.AggregateId.Length + given.EventType.Length + (given.Data?.Utf8.Length ?? 0) + (given.Metadata?.Utf8.Length ?? 0);
}
