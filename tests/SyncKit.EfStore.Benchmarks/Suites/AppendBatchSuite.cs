using SyncKit.EfStore.Benchmarks.Contenders;
using SyncKit.EfStore.Benchmarks.Events;
using SyncKit.EfStore.Benchmarks.Measuring;
using SyncKit.EfStore.Benchmarks.Servers;

namespace SyncKit.EfStore.Benchmarks.Suites;

/// <summary>What an append of many events costs.</summary>
internal sealed class AppendBatchSuite : ISuite
{
    private const int BatchSize = 100;
    private const double Must = 0.70;
    private const int BatchesPerSecondAtMost = 1_000;

    private static readonly string Measure = $"1 caller, {BatchSize} events an append";

    public string Name => "append-batch";

    public IReadOnlyList<string> Method(Scale scale) =>
    [
        $"1 caller appends {BatchSize} events at a time to one stream for {scale.Stretch.TotalSeconds:0} s, beside a log of {scale.Log:n0} events; notifications on.",
        $"{RawCopy.Name}: binary, the same rows in the same batches into the same table with the same triggers, each COPY its own transaction; it supplies stream_version.",
    ];

    public async Task<SuiteReport> RunAsync(BenchmarkRun run, CancellationToken cancellationToken)
    {
        var batches = SampleLog.Batches(run.Scale.Log, (int)(BatchesPerSecondAtMost * run.Scale.Stretch.TotalSeconds), BatchSize);
        var rounds = await run.Turns(Name).TakeAsync(
            Measure,
            [
                new Contender<Load>(Store.Name, new AppendStretch<Batch>(run, Schema.Ours, 1, batches, BatchSize, (connection, _, _) =>
                    Task.FromResult<IAppender<Batch>>(new Store(connection))).MeasureAsync),
                new Contender<Load>(RawCopy.Name, new AppendStretch<Batch>(run, Schema.Ours, 1, batches, BatchSize, async (connection, callers, token) =>
                    await RawCopy.OpenAsync(connection, callers, token)).MeasureAsync),
            ],
            cancellationToken);

        var ours = LoadSeries.Of(Measure, Store.Name, rounds[0], BatchSize);
        var theirs = LoadSeries.Of(Measure, RawCopy.Name, rounds[1], BatchSize);
        return new SuiteReport(
            Name,
            Method(run.Scale),
            [.. ours.All, .. theirs.All],
            [new Comparison($"{Measure}, events/s", ours.Throughput, theirs.Throughput, Limit.AtLeast(Must))]);
    }
}
