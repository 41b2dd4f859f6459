using System.Globalization;

namespace SyncKit.EfStore.Stress.Reading;

/// <summary>What one reader was given, in the order it came. Safe for several threads.</summary>
internal sealed class Deliveries
{
    private readonly Lock _lock = new();
    private readonly List<long> _versions = [];
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
            _versions.Add(version.Value);
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

    internal IReadOnlyList<long> Versions
    {
        get
        {
            lock (_lock)
            {
                return [.. _versions];
            }
        }
    }

    internal void WriteTo(string file) =>
        File.WriteAllLines(file, Versions.Select(version => version.ToString(CultureInfo.InvariantCulture)));

    internal static IReadOnlyList<long> ReadFrom(string file) =>
        [.. File.ReadLines(file).Select(line => long.Parse(line, CultureInfo.InvariantCulture))];
}
