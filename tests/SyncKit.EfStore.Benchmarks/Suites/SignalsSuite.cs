using System.Globalization;
using SyncKit.EfStore.Benchmarks.Contenders;
using SyncKit.EfStore.Benchmarks.Events;
using SyncKit.EfStore.Benchmarks.Measuring;
using SyncKit.EfStore.Benchmarks.Servers;
using SyncKit.EfStore.Benchmarks.Signals;

namespace SyncKit.EfStore.Benchmarks.Suites;

/// <summary>What metrics and traces cost an application that has them collected.</summary>
internal sealed class SignalsSuite : ISuite
{
    private const string On = "listened to";
    private const string Off = "not listened to";
    private const double Must = 0.95;
    private const int Callers = 64;
    private const int BatchSize = 100;
    private const int PerSecondAtMost = 30_000;
    private const int BatchesPerSecondAtMost = 1_000;

    // On a machine that others use too, whole stretches one after the other differed by more than signals cost: so the turns are short, and
    // both go on in the same table and process.
    private const int TurnsOfEach = 5;

    // What is compiled again, or woken up, because the other one's turn ends is not what is measured.
    private const double LeadIn = 0.5;

    public string Name => "signals";

    public IReadOnlyList<string> Method(Scale scale) =>
    [
        $"{Store.Name} against itself: {On} by OpenTelemetry's SDK (every span recorded, metrics collected {Collecting.PerSecond} times a second, exported to nowhere), and {Off} (the sampler drops every span, a store without metrics). Listened to, each event also stores its trace.",
        $"Appends as in append-single, append-concurrent ({Callers} callers), append-batch and append-dbcontext beside a log of {scale.Log:n0} events, in turns of {Turn(scale).TotalSeconds:0.0} s after a lead-in of half of that; a read as in read, of {scale.Read:n0} events.",
        $"A round is {TurnsOfEach} turns of each in one database (on, off, off, on, …); its figures are the means of its turns.",
    ];

    public async Task<SuiteReport> RunAsync(BenchmarkRun run, CancellationToken cancellationToken)
    {
        using var collecting = new Collecting();
        var seconds = run.Scale.Stretch.TotalSeconds * 2 * (1 + LeadIn);
        var rows = SampleLog.RandomRows(run.Scale.Log, (int)(PerSecondAtMost * seconds));
        var batches = SampleLog.Batches(run.Scale.Log, (int)(BatchesPerSecondAtMost * seconds), BatchSize);
        var series = new List<Series>();
        var comparisons = new List<Comparison>();

        await AppendAsync("1 caller, 1 event at a time", Schema.Ours, 1, rows, 1, Open);
        await AppendAsync($"{Callers} callers, 1 event each", Schema.Ours, Callers, rows, 1, Open);
        await AppendAsync($"1 caller, {BatchSize} events an append", Schema.Ours, 1, batches, BatchSize, Open);
        await AppendAsync("SaveChanges of 1 row and 1 event", Schema.OursInApplication, 1, rows, 1, (connection, metrics) => SaveEvent.Open(connection, metrics));
        await ReadAsync();
        return new SuiteReport(Name, Method(run.Scale), series, comparisons);

        async Task AppendAsync<T>(
            string measure, Schema schema, int callers, IReadOnlyList<T> calls, int eventsPerCall, Func<string, bool, IAppender<T>> open)
        {
            var stretch = new AppendStretch<T>(run, schema, callers, calls, eventsPerCall, (connection, _, _) =>
                Task.FromResult<IAppender<T>>(new Switched<T>(collecting, open(connection, true), open(connection, false))));
            var turns = await TakeAsync(measure, token => stretch.MeasureAsync(loop => TakeTurnsAsync(collecting, () => AfterLeadInAsync(loop, token), Load.Mean), token));
            var (on, off) = (LoadSeries.Of(measure, On, turns.On, eventsPerCall), LoadSeries.Of(measure, Off, turns.Off, eventsPerCall));
            series.AddRange([.. on.All, .. off.All]);
            comparisons.Add(new Comparison($"{measure}, events/s", on.Throughput, off.Throughput, Limit.AtLeast(Must)));
        }

        async Task ReadAsync()
        {
            await using var database = await run.Databases.CreateFilledAsync(Schema.Ours, run.Scale.Read, null, cancellationToken);
            await using var listenedTo = Open(database.ConnectionString, metrics: true);
            await using var alone = Open(database.ConnectionString, metrics: false);
            await run.Server.CheckpointAsync(cancellationToken);
            var measure = string.Create(CultureInfo.InvariantCulture, $"whole log of {run.Scale.Read:n0} events");
            var turns = await TakeAsync(measure, token => TakeTurnsAsync(
                collecting,
                () => ReadSuite.TimeAsync(
                    run.Scale.Read, of => (collecting.IsOn ? listenedTo : alone).Events.LoadAsync(EventVersion.Zero, of).CountAsync(of).AsTask(), token),
                turns => turns.Average()));
            var (on, off) = (new Series(measure, On, "events/s", turns.On), new Series(measure, Off, "events/s", turns.Off));
            series.AddRange([on, off]);
            comparisons.Add(new Comparison($"{measure}, events/s", on, off, Limit.AtLeast(Must)));
        }

        async Task<Load> AfterLeadInAsync(ClosedLoop loop, CancellationToken token)
        {
            await loop.RunAsync(Turn(run.Scale) * LeadIn, token);
            return await loop.RunAsync(Turn(run.Scale), token);
        }

        async Task<(T[] On, T[] Off)> TakeAsync<T>(string measure, Func<CancellationToken, Task<(T On, T Off)>> round)
        {
            var rounds = (await run.Turns(Name).TakeAsync(measure, [new Contender<(T On, T Off)>($"{On}, and not, in turn", round)], cancellationToken))[0];
            return ([.. rounds.Select(both => both.On)], [.. rounds.Select(both => both.Off)]);
        }
    }

    private static TimeSpan Turn(Scale scale) => scale.Stretch / TurnsOfEach;

    private static Store Open(string connectionString, bool metrics) => new(connectionString, options => options.EnableMetrics = metrics);

    /// <summary>Each pair the other way round than the one before, so that what grows or drifts meets both alike.</summary>
    private static async Task<(T On, T Off)> TakeTurnsAsync<T>(Collecting collecting, Func<Task<T>> turn, Func<IReadOnlyList<T>, T> mean)
    {
        var (on, off) = (new T[TurnsOfEach], new T[TurnsOfEach]);
        for (var pair = 0; pair < TurnsOfEach; pair++)
        {
            foreach (var isOn in pair % 2 == 0 ? [true, false] : (bool[])[false, true])
            {
                GC.Collect();
                collecting.IsOn = isOn;
                (isOn ? on : off)[pair] = await turn();
            }
        }

        return (mean(on), mean(off));
    }
}
