namespace SyncKit.EfStore.Importing;

/// <summary>Events that are stored together. Small enough for one statement: so many events name at most so many streams.</summary>
internal sealed class EventBatch
{
    internal const int MaxEvents = 1_000;
    private const int MaxJsonBytes = 8 * 1024 * 1024;

    private readonly List<NumberedEvent> _events = new(MaxEvents);
    private readonly HashSet<string> _ids = new(MaxEvents, StringComparer.Ordinal);
    private long _jsonBytes;

    internal IReadOnlyList<NumberedEvent> Events => _events;

    /// <summary>
    /// Takes one more event, unless the batch is full or holds its id: the second of two is compared with the first once that is stored.
    /// </summary>
    internal bool TryAdd(NumberedEvent numbered)
    {
        var bytes = (numbered.Event.Data?.Utf8.Length ?? 0) + (numbered.Event.Metadata?.Utf8.Length ?? 0);
        if (_events.Count > 0 && (_events.Count == MaxEvents || _jsonBytes + bytes > MaxJsonBytes))
        {
            return false;
        }

        if (!_ids.Add(numbered.Event.Id))
        {
            return false;
        }

        _events.Add(numbered);
        _jsonBytes += bytes;
        return true;
    }
}
