using Npgsql;
using SyncKit.EfStore.Benchmarks.Contenders;
using SyncKit.EfStore.Benchmarks.Events;
using SyncKit.EfStore.Benchmarks.Measuring;
using SyncKit.EfStore.Benchmarks.Servers;

namespace SyncKit.EfStore.Benchmarks.Suites;

/// <summary>What an event costs an application that saves it with a row of its own.</summary>
internal sealed class AppendDbContextSuite : ISuite
{
    private const string Measure = "SaveChanges of 1 row and 1 event";
    private const string WithTrigger = $"{Store.Name}, Trigger";
    private const string Silent = $"{Store.Name}, notifications off";
    private const double MustWithTrigger = 1.5;
    private const double MustSilent = 1.25;
    private const string Prepared = ", prepared";
    private const int PreparedStatements = 20;
    private const int PerSecondAtMost = 10_000;

    public string Name => "append-dbcontext";

    public IReadOnlyList<string> Method(Scale scale) =>
    [
        $"1 caller for {scale.Stretch.TotalSeconds:0} s: a scope, a context, 1 row of the application and 1 event, SaveChanges; random streams of a log of {scale.Log:n0} events. Mean time of a call.",
        $"{SaveRow.Name}: the same, with 1 row of a plain table in place of the event: the same columns, indexes and rows as the log, no triggers; it supplies stream_version and maps JSON to text.",
        $"{Silent}: its connection string says Options=-c synckit.notify=off.",
        $"Once with connection strings that say nothing more, which is what has a limit, and once with Max Auto Prepare={PreparedStatements} for all, to show what is left then.",
    ];

    public async Task<SuiteReport> RunAsync(BenchmarkRun run, CancellationToken cancellationToken)
    {
        var rows = SampleLog.RandomRows(run.Scale.Log, (int)(PerSecondAtMost * run.Scale.Stretch.TotalSeconds));
        (string Name, AppendStretch<Row> Stretch)[] contenders = [.. Contenders(run, rows, prepared: false), .. Contenders(run, rows, prepared: true)];
        var rounds = await run.Turns(Name).TakeAsync(
            Measure, [.. contenders.Select(contender => new Contender<Load>(contender.Name, contender.Stretch.MeasureAsync))], cancellationToken);

        LoadSeries[] loads = [.. contenders.Select((contender, place) => LoadSeries.Of(Measure, contender.Name, rounds[place]))];
        Series[] times = [.. contenders.Select((contender, place) =>
            new Series($"{Measure}, mean", contender.Name, "ms", [.. rounds[place].Select(load => load.MeanTime)]))];
        return new SuiteReport(
            Name,
            Method(run.Scale),
            [.. times, .. loads.SelectMany(load => load.All)],
            [
                new Comparison($"{Measure}, Trigger, mean ms", times[0], times[2], Limit.AtMost(MustWithTrigger)),
                new Comparison($"{Measure}, notifications off, mean ms", times[1], times[2], Limit.AtMost(MustSilent)),
            ]);
    }

    private static (string Name, AppendStretch<Row> Stretch)[] Contenders(BenchmarkRun run, Row[] rows, bool prepared)
    {
        var suffix = prepared ? Prepared : "";
        return
        [
            (WithTrigger + suffix, Stretch(run, rows, connection => SaveEvent.Open(Of(connection)))),
            (Silent + suffix, Stretch(run, rows, connection => SaveEvent.Open(WithoutNotifications(Of(connection))), notifies: false)),
            (SaveRow.Name + suffix, Stretch(run, rows, connection => SaveRow.Open(Of(connection)), notifies: false, "plain_events")),
        ];

        string Of(string connectionString) => prepared
            ? new NpgsqlConnectionStringBuilder(connectionString) { MaxAutoPrepare = PreparedStatements }.ConnectionString
            : connectionString;
    }

    private static AppendStretch<Row> Stretch(
        BenchmarkRun run, Row[] rows, Func<string, IAppender<Row>> open, bool notifies = true, string table = "events") =>
        new(run, Schema.OursInApplication, 1, rows, 1, (connection, _, _) => Task.FromResult(open(connection)))
        {
            Notifies = notifies,
            Table = table,
        };

    private static string WithoutNotifications(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Options = "-c synckit.notify=off" }.ConnectionString;
}
