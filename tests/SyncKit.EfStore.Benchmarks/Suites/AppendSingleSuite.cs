using SyncKit.EfStore.Benchmarks.Contenders;
using SyncKit.EfStore.Benchmarks.Events;
using SyncKit.EfStore.Benchmarks.Measuring;
using SyncKit.EfStore.Benchmarks.Servers;

namespace SyncKit.EfStore.Benchmarks.Suites;

/// <summary>What an append costs a lone caller.</summary>
internal sealed class AppendSingleSuite : ISuite
{
    private const string Measure = "1 caller, 1 event at a time";
    private const double Must = 0.90;
    private const int PerSecondAtMost = 20_000;

    public string Name => "append-single";

    public IReadOnlyList<string> Method(Scale scale) =>
    [
        $"1 caller appends 1 event at a time for {scale.Stretch.TotalSeconds:0} s, each to a random one of the {SampleLog.StreamCount(scale.Log):n0} streams of a log of {scale.Log:n0} events; notifications on.",
        $"{RawInsert.Name}: prepared, autocommit, one open connection, into the same table with the same triggers; it supplies stream_version.",
    ];

    public async Task<SuiteReport> RunAsync(BenchmarkRun run, CancellationToken cancellationToken)
    {
        var rows = SampleLog.RandomRows(run.Scale.Log, (int)(PerSecondAtMost * run.Scale.Stretch.TotalSeconds));
        var rounds = await run.Turns(Name).TakeAsync(
            Measure,
            [
                new Contender<Load>(Store.Name, new AppendStretch<Row>(run, Schema.Ours, 1, rows, 1, (connection, _, _) =>
                    Task.FromResult<IAppender<Row>>(new Store(connection))).MeasureAsync),
                new Contender<Load>(RawInsert.Name, new AppendStretch<Row>(run, Schema.Ours, 1, rows, 1, async (connection, callers, token) =>
                    await RawInsert.OpenAsync(connection, callers, token)).MeasureAsync),
            ],
            cancellationToken);

        var ours = LoadSeries.Of(Measure, Store.Name, rounds[0]);
        var theirs = LoadSeries.Of(Measure, RawInsert.Name, rounds[1]);
        return new SuiteReport(
            Name,
            Method(run.Scale),
            [.. ours.All, .. theirs.All],
            [new Comparison($"{Measure}, events/s", ours.Throughput, theirs.Throughput, Limit.AtLeast(Must))]);
    }
}
