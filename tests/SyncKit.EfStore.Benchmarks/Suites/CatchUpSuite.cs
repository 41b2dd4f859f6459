using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using SyncKit.EfStore.Benchmarks.Contenders;
using SyncKit.EfStore.Benchmarks.Measuring;
using SyncKit.EfStore.Benchmarks.Servers;

namespace SyncKit.EfStore.Benchmarks.Suites;

/// <summary>How fast a subscription comes from the beginning of the log to its end.</summary>
internal sealed class CatchUpSuite : ISuite
{
    private const string Named = "named subscription, empty handler";
    private const string Followed = "SubscribeAsync";
    private const double MustOfRaw = 0.6;
    private const double MostHeap = 1.25;
    private const int Times = 5; // of what a read of the whole log takes: 1,000,000 events
    private const int HeapLooks = 10;
    private const double Megabyte = 1024 * 1024;

    public string Name => "catch-up";

    public IReadOnlyList<string> Method(Scale scale) =>
    [
        $"A whole log of {scale.Read * Times:n0} events, from version 0 to its end, on one database, which nobody writes to.",
        $"{Named}: AddSubscription with its defaults, from the start of its host until WaitUntilProcessedAsync of the last version returns. {Followed}: the same events by IAsyncEnumerable.",
        $"{RawRead.Name}: one SELECT of the same columns by version, each read by its typed getter, JSON as bytes.",
        $"Heap: the highest of {HeapLooks} looks behind a full collection, of the named subscription, in the second half of the log against the first; looked at in runs of their own. At least {HeapWatch.Floor / Megabyte:0} MB.",
    ];

    public async Task<SuiteReport> RunAsync(BenchmarkRun run, CancellationToken cancellationToken)
    {
        var events = run.Scale.Read * Times;
        await using var database = await run.Databases.CreateFilledAsync(Schema.Ours, events, null, cancellationToken);
        await using var store = new Store(database.ConnectionString);
        await using var pool = NpgsqlDataSource.Create(database.ConnectionString);
        await run.Server.CheckpointAsync(cancellationToken);

        var measure = string.Create(CultureInfo.InvariantCulture, $"catch up on {events:n0} events");
        var rounds = await run.Turns(Name).TakeAsync(
            measure,
            [
                new Contender<double>(Named, token => TimeAsync(events, () => RunNamedAsync(database.ConnectionString, events, _ => { }, token))),
                new Contender<double>(Followed, token => TimeAsync(events, () => FollowAsync(store.Services, events, token))),
                new Contender<double>(RawRead.Name, token => TimeAsync(events, () => RawRead.RunAsync(pool, token))),
            ],
            cancellationToken);
        var heaps = await run.Turns(Name).TakeAsync(
            "memory",
            [new Contender<(double First, double Second)>(Named, token => HeapAsync(database.ConnectionString, events, token))],
            cancellationToken);

        Series[] series =
        [
            new(measure, Named, "events/s", rounds[0]),
            new(measure, Followed, "events/s", rounds[1]),
            new(measure, RawRead.Name, "events/s", rounds[2]),
            new("live heap of a catch-up, MB", $"{Named}, second half", "MB", [.. heaps[0].Select(heap => heap.Second)]),
            new("live heap of a catch-up, MB", $"{Named}, first half", "MB", [.. heaps[0].Select(heap => heap.First)]),
        ];
        return new SuiteReport(
            Name,
            Method(run.Scale),
            series,
            [
                new Comparison($"{measure}, named, events/s", series[0], series[2], Limit.AtLeast(MustOfRaw)),
                new Comparison($"{measure}, SubscribeAsync, events/s", series[1], series[2], Limit.AtLeast(MustOfRaw)),
                new Comparison("live heap of a catch-up, second half against first, MB", series[3], series[4], Limit.AtMost(MostHeap)),
            ]);
    }

    /// <returns>Events each second.</returns>
    private static async Task<double> TimeAsync(int events, Func<Task<int>> run)
    {
        var start = Stopwatch.GetTimestamp();
        var found = await run();
        var took = Stopwatch.GetElapsedTime(start);
        return found == events
            ? events / took.TotalSeconds
            : throw new InvalidOperationException($"A run over the whole log must give {events} events; it gave {found}.");
    }

    /// <summary>Under a name of its own each time, so that each begins at the beginning.</summary>
    private static async Task<int> RunNamedAsync(string connectionString, int events, Action<int> handled, CancellationToken cancellationToken)
    {
        var name = $"catch-up-{Guid.NewGuid():N}";
        var count = 0;
        var application = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        application.Services.AddSingleton<Action>(() => handled(++count));
        application.Services.AddPostgresEventStore(connectionString).AddSubscription<Handler>(name);
        using var host = application.Build();
        await host.StartAsync(cancellationToken);
        await host.Services.GetRequiredService<ISubscriptions>().WaitUntilProcessedAsync(name, new EventVersion(events), cancellationToken);
        await host.StopAsync(cancellationToken);
        return count;
    }

    private static async Task<int> FollowAsync(IServiceProvider services, int events, CancellationToken cancellationToken)
    {
        var count = 0;
        await foreach (var stored in services.GetRequiredService<IRealtimeEventStore>().SubscribeAsync(EventVersion.Zero, cancellationToken: cancellationToken))
        {
            count += stored.StreamVersion > 0 ? 1 : 0;
            if (count == events)
            {
                break;
            }
        }

        return count;
    }

    /// <returns>Megabytes above those of the beginning.</returns>
    private static async Task<(double First, double Second)> HeapAsync(string connectionString, int events, CancellationToken cancellationToken)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var (first, second) = (HeapWatch.Floor, HeapWatch.Floor);
        await RunNamedAsync(connectionString, events, Look, cancellationToken);
        return (first / Megabyte, second / Megabyte);

        void Look(int count)
        {
            if (count % (events / HeapLooks) != 0)
            {
                return;
            }

            var heap = GC.GetTotalMemory(forceFullCollection: true) - before;
            (first, second) = count <= events / 2 ? (Math.Max(first, heap), second) : (first, Math.Max(second, heap));
        }
    }

    private sealed class Handler(Action handled) : IEventHandler
    {
        public Task HandleAsync(StoredEvent stored, CancellationToken cancellationToken)
        {
            handled();
            return Task.CompletedTask;
        }
    }
}
