using System.Diagnostics;
using System.Globalization;
using SyncKit.EfStore.Benchmarks.Contenders;
using SyncKit.EfStore.Benchmarks.Events;
using SyncKit.EfStore.Benchmarks.Measuring;
using SyncKit.EfStore.Benchmarks.Servers;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Benchmarks.Suites;

/// <summary>Whether a long log is slower than a short one.</summary>
internal sealed class GrowthSuite : ISuite
{
    private const double Must = 1.25;
    private const string Append = "append of 1 event, median ms";
    private const string Read = "read of a stream, median ms";

    public string Name => "growth";

    public IReadOnlyList<string> Method(Scale scale) =>
    [
        $"1 caller; a log of {scale.LargeLog:n0} events against one of {scale.SmallLog:n0}, filled by COPY with the indexes in place, then vacuumed and analysed; streams of {SampleLog.StreamLength} events.",
        $"Each round times {scale.Calls} appends of 1 event and {scale.Calls} reads of a whole stream by LoadByAggregateAsync, each of a random stream of the log, and takes their medians.",
    ];

    public async Task<SuiteReport> RunAsync(BenchmarkRun run, CancellationToken cancellationToken)
    {
        await using var large = await LogAsync(run, run.Scale.LargeLog, cancellationToken);
        await using var small = await LogAsync(run, run.Scale.SmallLog, cancellationToken);
        var contenders = new[] { large, small };

        // Reads first: the same number of appends makes the few streams of the small log longer than those of the large one.
        var reads = await run.Turns(Name).TakeAsync(
            "stream read", [.. contenders.Select(log => new Contender<double>(log.Name, log.TimeReadsAsync))], cancellationToken);
        var appends = await run.Turns(Name).TakeAsync(
            "append", [.. contenders.Select(log => new Contender<double>(log.Name, log.TimeAppendsAsync))], cancellationToken);

        Series[] append = [.. contenders.Select((log, place) => new Series(Append, log.Name, "ms", appends[place]))];
        Series[] read = [.. contenders.Select((log, place) => new Series(Read, log.Name, "ms", reads[place]))];
        return new SuiteReport(
            Name,
            Method(run.Scale),
            [.. append, .. read],
            [
                new Comparison($"{large.Name}: {Append}", append[0], append[1], Limit.AtMost(Must)),
                new Comparison($"{large.Name}: {Read}", read[0], read[1], Limit.AtMost(Must)),
            ]);
    }

    private async Task<Log> LogAsync(BenchmarkRun run, int events, CancellationToken cancellationToken)
    {
        var database = await run.Databases.CreateFilledAsync(
            Schema.Ours, events, line => run.Progress.Say($"{Name}: {line}"), cancellationToken);
        return new Log(run, database, events);
    }

    private sealed class Log(BenchmarkRun run, PostgresDatabase database, int events) : IAsyncDisposable
    {
        private readonly Store _store = new(database.ConnectionString);

        // The warm-up round appends as well.
        private readonly Queue<Row> _rows = new(SampleLog.RandomRows(events, (run.Scale.Rounds + 1) * run.Scale.Calls));
        private readonly Random _random = new(11);

        internal string Name { get; } = string.Create(CultureInfo.InvariantCulture, $"{events:n0} events");

        internal Task<double> TimeAppendsAsync(CancellationToken cancellationToken) =>
            MedianTimeAsync(_rows.Dequeue, row => _store.Events.StoreAsync(row.Event, cancellationToken), cancellationToken);

        internal Task<double> TimeReadsAsync(CancellationToken cancellationToken) => MedianTimeAsync(
            () => SampleLog.Stream(_random.Next(SampleLog.StreamCount(events))),
            async stream =>
            {
                var found = 0;
                await foreach (var stored in _store.Events.LoadByAggregateAsync(stream, cancellationToken: cancellationToken))
                {
                    found += stored.StreamVersion > 0 ? 1 : 0;
                }

                if (found < SampleLog.StreamLength)
                {
                    throw new InvalidOperationException($"The stream '{stream}' must hold {SampleLog.StreamLength} events; it holds {found}.");
                }
            },
            cancellationToken);

        public async ValueTask DisposeAsync()
        {
            await _store.DisposeAsync();
            await database.DisposeAsync();
        }

        private async Task<double> MedianTimeAsync<T>(Func<T> next, Func<T, Task> call, CancellationToken cancellationToken)
        {
            await run.Server.CheckpointAsync(cancellationToken);
            var times = new double[run.Scale.Calls];
            for (var i = 0; i < times.Length; i++)
            {
                var what = next();
                var start = Stopwatch.GetTimestamp();
                await call(what);
                times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }

            return Statistics.Median(times);
        }
    }
}
