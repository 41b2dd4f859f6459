namespace SyncKit.EfStore.Sqlite.Copying;

/// <summary>Neighbours of the source that go together: those to be written, and those that cannot be.</summary>
internal sealed class CopyBatch(EventCopyLimits limits)
{
    private readonly HashSet<string> _streams = new(StringComparer.Ordinal);
    private long _bytes;

    internal List<SourceEvent> Events { get; } = [];

    internal List<RefusedEvent> Refused { get; } = [];

    /// <summary>The last of them; null of an empty one.</summary>
    internal SourceEvent? Passed { get; private set; }

    internal int Count => Events.Count + Refused.Count;

    /// <summary>Takes one more, unless it is full. An empty one takes any.</summary>
    internal bool TryAdd(SourceEvent given, string? reason)
    {
        var bytes = (given.Data?.Utf8.Length ?? 0) + (given.Metadata?.Utf8.Length ?? 0);
        if (Count > 0 && (Count >= limits.MaxEvents || _bytes + bytes > limits.MaxBytes))
        {
            return false;
        }

        if (reason is not null)
        {
            Refused.Add(new RefusedEvent(given, reason));
        }
        else if (_streams.Count < limits.MaxStreams || _streams.Contains(given.AggregateId))
        {
            _streams.Add(given.AggregateId);
            Events.Add(given);
        }
        else
        {
            return false;
        }

        _bytes += bytes;
        Passed = given;
        return true;
    }
}
