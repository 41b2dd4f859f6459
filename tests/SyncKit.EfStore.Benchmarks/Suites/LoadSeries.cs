using SyncKit.EfStore.Benchmarks.Measuring;

namespace SyncKit.EfStore.Benchmarks.Suites;

/// <summary>What closed loops measured, as series: throughput and both latencies.</summary>
/// <param name="Throughput">Events each second.</param>
/// <param name="P50">Median latency of a call, in ms.</param>
/// <param name="P99">99th percentile of it.</param>
internal sealed record LoadSeries(Series Throughput, Series P50, Series P99)
{
    internal IEnumerable<Series> All => [Throughput, P50, P99];

    internal static LoadSeries Of(string measure, string contender, IReadOnlyList<Load> rounds, int eventsPerCall = 1) => new(
        new Series(measure, contender, "events/s", [.. rounds.Select(load => load.PerSecond * eventsPerCall)]),
        new Series($"{measure}, p50", contender, "ms", [.. rounds.Select(load => load.P50)]),
        new Series($"{measure}, p99", contender, "ms", [.. rounds.Select(load => load.P99)]));
}
