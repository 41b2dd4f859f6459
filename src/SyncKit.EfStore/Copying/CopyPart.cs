namespace SyncKit.EfStore.Copying;

/// <summary>What one transaction copies: a batch, or some neighbours of it where the whole cannot go in.</summary>
internal sealed class CopyPart
{
    private readonly IReadOnlyList<SourceEvent> _events;
    private readonly int _from;
    private readonly int[] _streamOf;

    internal CopyPart(IReadOnlyList<SourceEvent> events, SourceEvent passed)
        : this(events, 0, events.Count, passed)
    {
    }

    private CopyPart(IReadOnlyList<SourceEvent> events, int from, int to, SourceEvent passed)
    {
        (_events, _from, Passed) = (events, from, passed);
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        _streamOf = new int[to - from];
        for (var i = 0; i < _streamOf.Length; i++)
        {
            var stream = this[i].AggregateId;
            if (!places.TryGetValue(stream, out _streamOf[i]))
            {
                places.Add(stream, _streamOf[i] = places.Count);
            }
        }

        Streams = [.. places.Keys];
    }

    internal int Count => _streamOf.Length;

    internal SourceEvent this[int place] => _events[_from + place];

    /// <summary>The last event it deals with.</summary>
    internal SourceEvent Passed { get; }

    /// <summary>Each stream once, in the order first named.</summary>
    internal string[] Streams { get; }

    /// <summary>The place in <see cref="Streams"/> of an event's stream.</summary>
    internal int StreamOf(int place) => _streamOf[place];

    /// <summary>So many of it; what was passed over behind the last of a batch belongs to the rest.</summary>
    internal CopyPart First(int count) => new(_events, _from, _from + count, count == Count ? Passed : _events[_from + count - 1]);

    internal CopyPart Without(int count) => new(_events, _from + count, _from + Count, Passed);

    internal IReadOnlyList<SourceEvent> Events() => Column(one => one);

    /// <summary>A column of it, as an array.</summary>
    internal T[] Column<T>(Func<SourceEvent, T> value)
    {
        var column = new T[Count];
        for (var i = 0; i < column.Length; i++)
        {
            column[i] = value(this[i]);
        }

        return column;
    }
}
