namespace SyncKit.EfStore.Stress.Hold;

/// <summary>How long one reader waited for events after they were committed.</summary>
/// <param name="Events">How many.</param>
/// <param name="Typical">The median.</param>
/// <param name="Slow">What 99 of 100 stay within.</param>
/// <param name="Slowest">The longest.</param>
internal sealed record Delays(int Events, TimeSpan Typical, TimeSpan Slow, TimeSpan Slowest)
{
    /// <param name="delays">At least one. Less than nothing where the reader knew before the writer did.</param>
    internal static Delays Of(IReadOnlyCollection<TimeSpan> delays)
    {
        ArgumentOutOfRangeException.ThrowIfZero(delays.Count);
        var sorted = delays.Order().ToList();
        return new Delays(sorted.Count, sorted[(sorted.Count - 1) / 2], sorted[(int)Math.Ceiling(sorted.Count * 0.99) - 1], sorted[^1]);
    }

    public override string ToString() =>
        $"{Events,5:N0} events, p50 {Typical.TotalMilliseconds,7:0.0}, p99 {Slow.TotalMilliseconds,7:0.0}, max {Slowest.TotalMilliseconds,7:0.0} ms";
}
