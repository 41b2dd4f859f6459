using System.Diagnostics;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SyncKit.EfStore.Benchmarks.Contenders;
using SyncKit.EfStore.Benchmarks.Measuring;
using SyncKit.EfStore.Benchmarks.Servers;

namespace SyncKit.EfStore.Benchmarks.Suites;

/// <summary>How fast the whole log comes out.</summary>
internal sealed class ReadSuite : ISuite
{
    private const string Tracked = "EF AsNoTracking";
    private const string TextOnly = "EF AsNoTracking, JSON as text";
    private const double MustOfRaw = 0.85;
    private const double MustOfEf = 3;

    public string Name => "read";

    public IReadOnlyList<string> Method(Scale scale) =>
    [
        $"A whole log of {scale.Read:n0} events, read one event after the other from one database, which nobody writes to.",
        $"{Store.Name}: LoadAsync(EventVersion.Zero), which ends at the settled mark. {RawRead.Name}: one SELECT of the same columns by version, each read by its typed getter, JSON as bytes.",
        $"{Tracked}: EventStoreDbContext.Events.AsNoTracking().OrderBy(e => e.Version). {TextOnly}: the same from a model that maps both documents to string, without a limit.",
    ];

    public async Task<SuiteReport> RunAsync(BenchmarkRun run, CancellationToken cancellationToken)
    {
        await using var database = await run.Databases.CreateFilledAsync(Schema.Ours, run.Scale.Read, null, cancellationToken);
        await using var store = new Store(database.ConnectionString);
        await using var pool = NpgsqlDataSource.Create(database.ConnectionString);
        await run.Server.CheckpointAsync(cancellationToken);

        var measure = string.Create(CultureInfo.InvariantCulture, $"whole log of {run.Scale.Read:n0} events");
        var contenders = new (string Name, Func<CancellationToken, Task<int>> ReadAsync)[]
        {
            (Store.Name, token => LoadAsync(store.Events, token)),
            (RawRead.Name, token => RawRead.RunAsync(pool, token)),
            (Tracked, token => ReadEfAsync(store.Services, token)),
            (TextOnly, token => ReadTextAsync(pool, token)),
        };
        var rounds = await run.Turns(Name).TakeAsync(
            measure,
            [.. contenders.Select(contender => new Contender<double>(contender.Name, token => TimeAsync(run.Scale.Read, contender.ReadAsync, token)))],
            cancellationToken);

        var series = contenders.Select((contender, place) => new Series(measure, contender.Name, "events/s", rounds[place])).ToArray();
        return new SuiteReport(
            Name,
            Method(run.Scale),
            series,
            [
                new Comparison($"{measure}, events/s", series[0], series[1], Limit.AtLeast(MustOfRaw)),
                new Comparison($"{measure}, events/s", series[0], series[2], Limit.AtLeast(MustOfEf)),
            ]);
    }

    /// <returns>Events each second.</returns>
    internal static async Task<double> TimeAsync(int events, Func<CancellationToken, Task<int>> read, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        var found = await read(cancellationToken);
        var took = Stopwatch.GetElapsedTime(start);
        return found == events
            ? events / took.TotalSeconds
            : throw new InvalidOperationException($"A read of the whole log must give {events} events; it gave {found}.");
    }

    private static async Task<int> LoadAsync(IEventStore store, CancellationToken cancellationToken)
    {
        var count = 0;
        await foreach (var stored in store.LoadAsync(EventVersion.Zero, cancellationToken))
        {
            count += stored.StreamVersion > 0 ? 1 : 0;
        }

        return count;
    }

    private static async Task<int> ReadEfAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        await using var context = await services.GetRequiredService<IDbContextFactory<EventStoreDbContext>>().CreateDbContextAsync(cancellationToken);
        var count = 0;
        await foreach (var row in context.Events.AsNoTracking().OrderBy(e => e.Version).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            count += row.StreamVersion > 0 ? 1 : 0;
        }

        return count;
    }

    private static async Task<int> ReadTextAsync(NpgsqlDataSource pool, CancellationToken cancellationToken)
    {
        await using var context = new TextContext(pool);
        var count = 0;
        await foreach (var row in context.Events.AsNoTracking().OrderBy(e => e.Version).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            count += row.StreamVersion > 0 ? 1 : 0;
        }

        return count;
    }
}
