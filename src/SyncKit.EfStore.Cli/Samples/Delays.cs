namespace SyncKit.EfStore.Cli.Samples;

/// <summary>How long events took from the start of their transaction to the screen: a little more than since their commit.</summary>
internal sealed class Delays(TimeProvider time)
{
    private readonly List<double> _milliseconds = [];

    internal int Count => _milliseconds.Count;

    internal double Longest => _milliseconds.Max();

    internal double Median
    {
        get
        {
            var sorted = _milliseconds.Order().ToList();
            return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
        }
    }

    /// <summary>Takes the time of an event that is about to be shown.</summary>
    internal double Add(StoredEvent stored)
    {
        // The server's clock may be another machine's, and a little ahead.
        var delay = stored.CreatedAt is { } at ? Math.Max(0, (time.GetUtcNow() - at).TotalMilliseconds) : 0;
        _milliseconds.Add(delay);
        return delay;
    }
}
