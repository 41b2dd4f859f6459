namespace SyncKit.EfStore.Benchmarks.Measuring;

/// <summary>What a closed loop measured.</summary>
/// <param name="PerSecond">Calls that ended within the stretch, by its length.</param>
/// <param name="P50">Median latency of all calls begun within it, in ms.</param>
/// <param name="P99">99th percentile of the same.</param>
/// <param name="MeanTime">Its length by the calls that ended within it, in ms: the time of a call where there is one caller.</param>
/// <param name="Calls">All calls begun, those that ended after it included.</param>
/// <param name="InTime">Those of them that ended within it.</param>
internal sealed record Load(double PerSecond, double P50, double P99, double MeanTime, int Calls, int InTime)
{
    /// <summary>Equally long stretches as one: means, and the sums of the calls.</summary>
    internal static Load Mean(IReadOnlyList<Load> stretches) => new(
        stretches.Average(one => one.PerSecond),
        stretches.Average(one => one.P50),
        stretches.Average(one => one.P99),
        stretches.Average(one => one.MeanTime),
        stretches.Sum(one => one.Calls),
        stretches.Sum(one => one.InTime));
}
