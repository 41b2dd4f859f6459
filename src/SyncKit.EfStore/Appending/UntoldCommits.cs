namespace SyncKit.EfStore.Appending;

/// <summary>
/// What was committed and not told of yet, as ranges of versions: one for all, one for each stream. However much it stands for, it holds no
/// more than <see cref="MaxStreams"/> streams; those beyond count in the range for all only. Not safe for several threads.
/// </summary>
internal sealed class UntoldCommits
{
    internal const int MaxStreams = 10_000;

    private readonly Dictionary<string, VersionRange> _streams = new(StringComparer.Ordinal);

    /// <summary>Everything; null where there is nothing.</summary>
    internal VersionRange? All { get; private set; }

    internal IReadOnlyDictionary<string, VersionRange> Streams => _streams;

    internal void Add(IReadOnlyList<AppendedEvent> events)
    {
        foreach (var appended in events)
        {
            var version = new VersionRange(appended.Version.Value, appended.Version.Value, 1);
            All = version.With(All);
            Add(appended.AggregateId, version);
        }
    }

    internal void Add(UntoldCommits others)
    {
        All = others.All?.With(All) ?? All;
        foreach (var (stream, range) in others._streams)
        {
            Add(stream, range);
        }
    }

    private void Add(string stream, VersionRange range)
    {
        if (_streams.TryGetValue(stream, out var known))
        {
            _streams[stream] = known.With(range);
        }
        else if (_streams.Count < MaxStreams)
        {
            _streams.Add(stream, range);
        }
    }
}

/// <summary>From a version to another. Other writers' versions may lie between them, so the count may be smaller than the range.</summary>
internal readonly record struct VersionRange(long First, long Last, long Count)
{
    internal VersionRange With(VersionRange? other) =>
        other is { } that ? new(Math.Min(First, that.First), Math.Max(Last, that.Last), Count + that.Count) : this;
}
