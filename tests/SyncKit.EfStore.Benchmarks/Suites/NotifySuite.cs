using SyncKit.EfStore.Benchmarks.Contenders;
using SyncKit.EfStore.Benchmarks.Listening;
using SyncKit.EfStore.Benchmarks.Measuring;

namespace SyncKit.EfStore.Benchmarks.Suites;

/// <summary>How much later an observer learns of an event than whoever only listens.</summary>
internal sealed class NotifySuite : ISuite
{
    private const double P50Must = 1.10;
    private const double P99Must = 1.25;

    private static readonly (string Measure, int Writers, TimeSpan Pace)[] Loads =
    [
        ("idle: 100 events/s", 1, TimeSpan.FromMilliseconds(10)),
        ("500 appends/s", 4, TimeSpan.FromMilliseconds(8)),
    ];

    public string Name => "notify";

    public IReadOnlyList<string> Method(Scale scale) =>
    [
        $"Writers with a connection each commit 1 event at a time for {scale.Stretch.TotalSeconds:0} s, beside a log of {scale.Log:n0} events: 1 every 10 ms, which leaves everyone idle in between, and 4 every 8 ms. They are no store, and alike for both.",
        "The delay of an event: from the moment its COMMIT is sent, flush included, until OnNext of an observer of all events.",
        $"{BareListener.Name}: LISTEN events_global and WaitAsync in a loop, until its Notification event; the payload is not parsed.",
    ];

    public async Task<SuiteReport> RunAsync(BenchmarkRun run, CancellationToken cancellationToken)
    {
        var series = new List<Series>();
        var comparisons = new List<Comparison>();
        foreach (var (measure, writers, pace) in Loads)
        {
            var rounds = await run.Turns(Name).TakeAsync(
                measure,
                [
                    new Contender<(double P50, double P99)>(Store.Name, new DelayStretch(run, writers, pace, ObservingStore.StartAsync).MeasureAsync),
                    new Contender<(double P50, double P99)>(BareListener.Name, new DelayStretch(run, writers, pace, BareListener.StartAsync).MeasureAsync),
                ],
                cancellationToken);

            foreach (var (percentile, must, value) in new (string, double, Func<(double P50, double P99), double>)[]
                { ("p50", P50Must, round => round.P50), ("p99", P99Must, round => round.P99) })
            {
                var ours = new Series($"{measure}, {percentile}", Store.Name, "ms", [.. rounds[0].Select(value)]);
                var theirs = new Series($"{measure}, {percentile}", BareListener.Name, "ms", [.. rounds[1].Select(value)]);
                series.AddRange([ours, theirs]);
                comparisons.Add(new Comparison($"{measure}, delay {percentile} in ms", ours, theirs, Limit.AtMost(must)));
            }
        }

        return new SuiteReport(Name, Method(run.Scale), series, comparisons);
    }
}
