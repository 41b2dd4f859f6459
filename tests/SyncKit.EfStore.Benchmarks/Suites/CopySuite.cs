using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using SyncKit.EfStore.Benchmarks.Contenders;
using SyncKit.EfStore.Benchmarks.Events;
using SyncKit.EfStore.Benchmarks.Measuring;
using SyncKit.EfStore.Benchmarks.Servers;
using SyncKit.EfStore.Sqlite;

namespace SyncKit.EfStore.Benchmarks.Suites;

/// <summary>How fast a SQLite file goes into PostgreSQL, and whether its length shows in memory.</summary>
internal sealed class CopySuite : ISuite
{
    private const double Must = 0.70;
    private const double MemoryMust = 1.25;
    private const int ShortIsPart = 4;
    private const int FillStep = 10_000;

    public string Name => "copy";

    public IReadOnlyList<string> Method(Scale scale) =>
    [
        $"{scale.Import:n0} events in {SampleLog.StreamCount(scale.Import):n0} new streams, {SampleLog.StreamLength} each, 200 streams at a time in turn, into a log of {scale.Log:n0} events; notifications on.",
        $"{Store.Name}: EventCopier.CopyAsync from a SQLite file, reading and checking included. {RawCopy.Name}: one binary COPY of the same rows from memory into the same table with the same triggers; it supplies stream_version.",
        $"Memory: how far the live heap, after a full collection at each report of progress, rises at most above what it was; a copy of {scale.Import:n0} events against one of {scale.Import / ShortIsPart:n0}. Below {HeapWatch.Floor / (1024 * 1024)} MB counts as that.",
    ];

    public async Task<SuiteReport> RunAsync(BenchmarkRun run, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("synckit-benchmark-");
        try
        {
            return await RunAsync(run, folder.FullName, cancellationToken);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private async Task<SuiteReport> RunAsync(BenchmarkRun run, string folder, CancellationToken cancellationToken)
    {
        var measure = string.Create(CultureInfo.InvariantCulture, $"{run.Scale.Import:n0} events");
        var rows = SampleLog.Rows(run.Scale.Log, run.Scale.Import).ToArray();
        var file = await FillAsync(Path.Combine(folder, "long.db"), rows, cancellationToken);
        var shorter = run.Scale.Import / ShortIsPart;
        var shortFile = await FillAsync(Path.Combine(folder, "short.db"), rows[..shorter], cancellationToken);

        var rounds = await run.Turns(Name).TakeAsync(
            measure,
            [
                new Contender<double>(Store.Name, token => LoadTime.TakeAsync(run, Name, connection => CopyAsync(file, connection, null, token), token)),
                new Contender<double>(RawCopy.Name, token => LoadTime.TakeAsync(run, Name, connection => LoadTime.RawCopyAsync(connection, rows, token), token)),
            ],
            cancellationToken);
        Series ours = new(measure, Store.Name, "events/s", rounds[0]), theirs = new(measure, RawCopy.Name, "events/s", rounds[1]);

        rows = []; // Or their going would show in the heap.
        var shorterName = string.Create(CultureInfo.InvariantCulture, $"{shorter:n0} events");
        var heaps = await run.Turns(Name).TakeAsync(
            "memory",
            [
                new Contender<double>(measure, token => HeapAsync(run, file, token)),
                new Contender<double>(shorterName, token => HeapAsync(run, shortFile, token)),
            ],
            cancellationToken);
        var memory = "live heap of a copy, MB";
        Series longHeap = new(memory, $"{Store.Name}, {measure}", "MB", heaps[0]);
        Series shortHeap = new(memory, $"{Store.Name}, {shorterName}", "MB", heaps[1]);

        return new SuiteReport(
            Name,
            Method(run.Scale),
            [ours, theirs, longHeap, shortHeap],
            [
                new Comparison($"{measure}, events/s", ours, theirs, Limit.AtLeast(Must)),
                new Comparison(memory, longHeap, shortHeap, Limit.AtMost(MemoryMust)),
            ]);
    }

    private static async Task<string> FillAsync(string path, Row[] rows, CancellationToken cancellationToken)
    {
        await using var store = new SqliteEventStore(path);
        foreach (var step in rows.Chunk(FillStep))
        {
            await store.StoreAsync([.. step.Select(row => row.Event)], cancellationToken);
        }

        return path;
    }

    private static async Task CopyAsync(
        string file, string connectionString, IProgress<EventCopyProgress>? progress, CancellationToken cancellationToken)
    {
        await using var source = new SqliteEventStore(new SqliteEventStoreOptions { Path = file, ReadOnly = true });
        await using var target = new Store(connectionString);
        await new EventCopier(source, target.Services.GetRequiredService<PostgresEventLog>())
            .CopyAsync(progress: progress, cancellationToken: cancellationToken);
    }

    /// <returns>Megabytes.</returns>
    private static async Task<double> HeapAsync(BenchmarkRun run, string file, CancellationToken cancellationToken)
    {
        await using var database = await run.Databases.CopyAsync(Schema.Ours, run.Scale.Log, cancellationToken);
        var heap = new HeapWatch();
        await CopyAsync(file, database.ConnectionString, heap, cancellationToken);
        return heap.HighestMegabytes;
    }
}
