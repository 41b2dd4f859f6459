using System.Collections.Concurrent;

namespace SyncKit.EfStore.Stress.Hold;

/// <summary>When the writer knew that each event was committed. Safe for several threads.</summary>
internal sealed class CommitTimes
{
    private readonly ConcurrentDictionary<long, long> _at = new();

    internal void Add(EventVersion version, long at) => _at[version.Value] = at;

    /// <summary>How long a reader waited for the events committed in a stretch of time, as far as they came.</summary>
    internal IReadOnlyList<TimeSpan> Delays(IEnumerable<(long Version, long At)> delivered, Stretch stretch, Func<long, bool>? only = null) =>
    [
        .. delivered
            .Where(delivery => only?.Invoke(delivery.Version) != false && _at.TryGetValue(delivery.Version, out var at) && stretch.Has(at))
            .Select(delivery => TimeProvider.System.GetElapsedTime(_at[delivery.Version], delivery.At)),
    ];
}

/// <summary>From one time stamp to another.</summary>
internal readonly record struct Stretch(long From, long To)
{
    internal bool Has(long at) => at >= From && at <= To;
}
