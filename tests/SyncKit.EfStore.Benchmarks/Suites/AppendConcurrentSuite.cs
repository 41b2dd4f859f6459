using SyncKit.EfStore.Benchmarks.Contenders;
using SyncKit.EfStore.Benchmarks.Events;
using SyncKit.EfStore.Benchmarks.Measuring;
using SyncKit.EfStore.Benchmarks.Servers;

namespace SyncKit.EfStore.Benchmarks.Suites;

/// <summary>What many callers reach together, and what each of them waits.</summary>
internal sealed class AppendConcurrentSuite : ISuite
{
    private const int PerSecondAtMost = 60_000;

    private static readonly (int Callers, double Must, bool LatencyHasLimit)[] Loads = [(64, 10, true), (256, 15, false)];

    public string Name => "append-concurrent";

    public IReadOnlyList<string> Method(Scale scale) =>
    [
        $"So many callers append 1 event each, again and again for {scale.Stretch.TotalSeconds:0} s, each time to a random one of the {SampleLog.StreamCount(scale.Log):n0} streams of a log of {scale.Log:n0} events; notifications on.",
        $"{AsRequired.Name}: the requirements' SQL to the letter (row trigger, their indexes), one transaction an event, one open connection a caller. Its INSERT is prepared and BEGIN travels with it, which their program does not do.",
        "p99 of all calls of a round; the median of the rounds is compared.",
    ];

    public async Task<SuiteReport> RunAsync(BenchmarkRun run, CancellationToken cancellationToken)
    {
        var rows = SampleLog.RandomRows(run.Scale.Log, (int)(PerSecondAtMost * run.Scale.Stretch.TotalSeconds));
        var series = new List<Series>();
        var comparisons = new List<Comparison>();
        foreach (var (callers, must, latencyHasLimit) in Loads)
        {
            var measure = $"{callers} callers, 1 event each";
            var rounds = await run.Turns(Name).TakeAsync(
                measure,
                [
                    new Contender<Load>(Store.Name, new AppendStretch<Row>(run, Schema.Ours, callers, rows, 1, (connection, _, _) =>
                        Task.FromResult<IAppender<Row>>(new Store(connection))).MeasureAsync),
                    new Contender<Load>(AsRequired.Name, new AppendStretch<Row>(run, Schema.AsRequired, callers, rows, 1, async (connection, count, token) =>
                        await AsRequired.OpenAsync(connection, count, token)).MeasureAsync),
                ],
                cancellationToken);

            var ours = LoadSeries.Of(measure, Store.Name, rounds[0]);
            var theirs = LoadSeries.Of(measure, AsRequired.Name, rounds[1]);
            series.AddRange([.. ours.All, .. theirs.All]);
            comparisons.Add(new Comparison($"{measure}, events/s", ours.Throughput, theirs.Throughput, Limit.AtLeast(must)));
            if (latencyHasLimit)
            {
                comparisons.Add(new Comparison($"{measure}, p99 in ms", ours.P99, theirs.P99, Limit.AtMost(1)));
            }
        }

        return new SuiteReport(Name, Method(run.Scale), series, comparisons);
    }
}
