using SyncKit.EfStore.Benchmarks.Contenders;
using SyncKit.EfStore.Benchmarks.Events;
using SyncKit.EfStore.Benchmarks.Measuring;
using SyncKit.EfStore.Benchmarks.Servers;

namespace SyncKit.EfStore.Benchmarks.Suites;

/// <summary>What telling after the commit costs, where each append is a transaction and the disk is slow.</summary>
internal sealed class NotifyModeSuite : ISuite
{
    private const int Callers = 32;
    private const double Must = 0.80;
    private const int PerSecondAtMost = 20_000;

    // As a network disk: each flush waits 2 ms first. On the copy, so that neither the server nor any other database keeps it.
    private const string SlowDisk = """
        DO $slow$
        BEGIN
            EXECUTE format('ALTER DATABASE %I SET commit_delay = 2000', current_database());
            EXECUTE format('ALTER DATABASE %I SET commit_siblings = 0', current_database());
        END
        $slow$
        """;

    private static readonly string Measure = $"{Callers} callers, each append its own transaction";

    public string Name => "notify-mode";

    public IReadOnlyList<string> Method(Scale scale) =>
    [
        $"{Callers} callers append 1 event each, again and again for {scale.Stretch.TotalSeconds:0} s, to random streams of a log of {scale.Log:n0} events; GroupCommit = false.",
        "A slow disk: commit_delay = 2000, commit_siblings = 0, for the sessions of this suite's databases. Trigger is shown beside them, without a limit.",
    ];

    public async Task<SuiteReport> RunAsync(BenchmarkRun run, CancellationToken cancellationToken)
    {
        var rows = SampleLog.RandomRows(run.Scale.Log, (int)(PerSecondAtMost * run.Scale.Stretch.TotalSeconds));
        NotifyMode[] modes = [NotifyMode.AfterCommit, NotifyMode.None, NotifyMode.Trigger];
        var rounds = await run.Turns(Name).TakeAsync(
            Measure,
            [.. modes.Select(mode => new Contender<Load>(mode.ToString(), Stretch(run, rows, mode).MeasureAsync))],
            cancellationToken);

        LoadSeries[] series = [.. modes.Select((mode, place) => LoadSeries.Of(Measure, mode.ToString(), rounds[place]))];
        return new SuiteReport(
            Name,
            Method(run.Scale),
            [.. series.SelectMany(one => one.All)],
            [new Comparison($"{Measure}, {modes[0]}, events/s", series[0].Throughput, series[1].Throughput, Limit.AtLeast(Must))]);
    }

    private static AppendStretch<Row> Stretch(BenchmarkRun run, Row[] rows, NotifyMode mode) =>
        new(run, Schema.Ours, Callers, rows, 1, (connection, _, _) => Task.FromResult<IAppender<Row>>(new Store(connection, options =>
        {
            options.NotifyMode = mode;
            options.GroupCommit = false;
        })))
        {
            Prepare = SlowDisk,
            Notifies = mode != NotifyMode.None,
        };
}
