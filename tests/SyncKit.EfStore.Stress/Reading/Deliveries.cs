using System.Globalization;

namespace SyncKit.EfStore.Stress.Reading;

/// <summary>What one reader was given, in the order it came. Safe for several threads.</summary>
internal sealed class Deliveries
{
    private readonly Lock _lock = new();
    private readonly List<(long Version, long At)> _delivered = [];
    private readonly HashSet<long> _distinct = [];
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _highest;

    /// <summary>Ends once the reader is sure to be given what is committed from now on.</summary>
    internal Task WhenReady => _ready.Task;

    internal void Ready() => _ready.TrySetResult();

    internal void Add(EventVersion version)
    {
        lock (_lock)
        {
            _delivered.Add((version.Value, TimeProvider.System.GetTimestamp()));
            _distinct.Add(version.Value);
            _highest = Math.Max(_highest, version.Value);
        }
    }

    /// <summary>How many different events came, and the highest version among them.</summary>
    internal (int Events, long Highest) Reached
    {
        get
        {
            lock (_lock)
            {
                return (_distinct.Count, _highest);
            }
        }
    }

    internal IReadOnlyList<long> Versions => [.. Timed.Select(delivery => delivery.Version)];

    /// <summary>With the time stamp of each delivery.</summary>
    internal IReadOnlyList<(long Version, long At)> Timed
    {
        get
        {
            lock (_lock)
            {
                return [.. _delivered];
            }
        }
    }

    internal void WriteTo(string file) =>
        File.WriteAllLines(file, Versions.Select(version => version.ToString(CultureInfo.InvariantCulture)));

    internal static IReadOnlyList<long> ReadFrom(string file) =>
        [.. File.ReadLines(file).Select(line => long.Parse(line, CultureInfo.InvariantCulture))];
}
