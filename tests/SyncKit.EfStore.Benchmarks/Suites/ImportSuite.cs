using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using SyncKit.EfStore.Benchmarks.Contenders;
using SyncKit.EfStore.Benchmarks.Events;
using SyncKit.EfStore.Benchmarks.Measuring;
using SyncKit.EfStore.Benchmarks.Servers;

namespace SyncKit.EfStore.Benchmarks.Suites;

/// <summary>How fast a history goes in, and whether its length shows in memory.</summary>
internal sealed class ImportSuite : ISuite
{
    private const double Must = 0.90;
    private const double MemoryMust = 1.25;
    private const int ShortIsPart = 4;

    public string Name => "import";

    public IReadOnlyList<string> Method(Scale scale) =>
    [
        $"{scale.Import:n0} events in {SampleLog.StreamCount(scale.Import):n0} new streams, {SampleLog.StreamLength} each, 200 streams at a time in turn, into a log of {scale.Log:n0} events; notifications on.",
        $"{Store.Name}: EventImporter.ImportAsync of an IAsyncEnumerable<EventData>. {RawCopy.Name}: one binary COPY of the same rows into the same table with the same triggers; it supplies stream_version.",
        $"Memory: how far the live heap, after a full collection at each report of progress, rises at most above what it was; an import of {scale.Import:n0} events against one of {scale.Import / ShortIsPart:n0}, each event made when it is asked for. Below {HeapWatch.Floor / (1024 * 1024)} MB counts as that.",
    ];

    public async Task<SuiteReport> RunAsync(BenchmarkRun run, CancellationToken cancellationToken)
    {
        var measure = string.Create(CultureInfo.InvariantCulture, $"{run.Scale.Import:n0} events");
        var rows = SampleLog.Rows(run.Scale.Log, run.Scale.Import).ToArray();
        var rounds = await run.Turns(Name).TakeAsync(
            measure,
            [
                new Contender<double>(Store.Name, token => LoadTime.TakeAsync(run, Name, connection => ImportAsync(connection, rows.Select(row => row.Event), null, token), token)),
                new Contender<double>(RawCopy.Name, token => LoadTime.TakeAsync(run, Name, connection => LoadTime.RawCopyAsync(connection, rows, token), token)),
            ],
            cancellationToken);
        Series ours = new(measure, Store.Name, "events/s", rounds[0]), theirs = new(measure, RawCopy.Name, "events/s", rounds[1]);

        rows = []; // Or their going would show in the heap.
        var shorter = run.Scale.Import / ShortIsPart;
        var shorterName = string.Create(CultureInfo.InvariantCulture, $"{shorter:n0} events");
        var heaps = await run.Turns(Name).TakeAsync(
            "memory",
            [
                new Contender<double>(measure, token => HeapAsync(run, run.Scale.Import, token)),
                new Contender<double>(shorterName, token => HeapAsync(run, shorter, token)),
            ],
            cancellationToken);
        var memory = "live heap of an import, MB";
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

    private static async Task ImportAsync(
        string connectionString, IEnumerable<EventData> events, IProgress<ImportProgress>? progress, CancellationToken cancellationToken)
    {
        await using var store = new Store(connectionString);
        await store.Services.GetRequiredService<EventImporter>()
            .ImportAsync(events.ToAsyncEnumerable(), progress: progress, cancellationToken: cancellationToken);
    }

    /// <returns>Megabytes.</returns>
    private static async Task<double> HeapAsync(BenchmarkRun run, int events, CancellationToken cancellationToken)
    {
        await using var database = await run.Databases.CopyAsync(Schema.Ours, run.Scale.Log, cancellationToken);
        var heap = new HeapWatch();
        await ImportAsync(database.ConnectionString, SampleLog.Rows(run.Scale.Log, events).Select(row => row.Event), heap, cancellationToken);
        return heap.HighestMegabytes;
    }
}
