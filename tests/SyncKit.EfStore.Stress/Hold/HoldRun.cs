using Microsoft.Extensions.DependencyInjection;
using SyncKit.EfStore.Stress.Checking;
using SyncKit.EfStore.Stress.Reading;
using SyncKit.EfStore.Stress.Writing;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Stress.Hold;

/// <summary>
/// A steady writer and readers of every kind; then a long transaction that wrote elsewhere, which must delay nobody, and a long one that
/// appends, for which those wait who promise version order, behind its version only.
/// </summary>
internal sealed class HoldRun(TimeSpan holdFor, TimeSpan limit)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);

    internal async Task<HoldResult> RunAsync(PostgresServer server, Action<string> progress, CancellationToken cancellationToken)
    {
        await using var database = await server.CreateDatabaseAsync(cancellationToken);
        using var sightings = new HolderSightings();
        await using var writing = await StoreHost.StartAsync(database.ConnectionString, null, cancellationToken, "stress writer");
        await using var readers = await LocalReaders.StartAsync(database.ConnectionString, ReaderKinds.Exact(), cancellationToken, sightings);
        var mark = readers.Services.GetRequiredService<ISettledMark>();
        var committed = new CommitTimes();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var appending = new SteadyAppends(writing.Store, committed.Add).RunAsync(enough.Token);
        Stretch before, unrelated, held;
        IReadOnlyList<(string, TimeSpan?)> named;
        long version;
        try
        {
            await Task.Delay(WarmUp, cancellationToken);
            progress($"without a long transaction, for {holdFor}");
            before = await DuringAsync(() => Task.Delay(holdFor, cancellationToken));
            progress($"with an unrelated one, for {holdFor}");
            unrelated = await DuringAsync(() => UnrelatedTransaction.HoldAsync(database.ConnectionString, holdFor, cancellationToken));
            progress($"with an appending one, for {holdFor}");
            (held, version, named) = await AppendingAsync(database.ConnectionString, mark, sightings, cancellationToken);
        }
        finally
        {
            await enough.CancelAsync();
            await appending;
        }

        var log = await CommittedEvent.ReadAllAsync(database.ConnectionString, cancellationToken);
        await readers.CatchUpAsync(log.Count, log[^1].Version, cancellationToken);
        var deliveries = readers.All.Select(each => (each.Reader, each.Deliveries.Timed)).ToList();
        var verdicts = await readers.StopAsync(log, cancellationToken);
        var inOrder = deliveries.Where(each => each.Reader.Order == DeliveryOrder.ByVersion).SelectMany(each => each.Timed).ToList();
        return new HoldResult(
            limit,
            [.. deliveries.Select(each => Delays(each.Reader, each.Timed))],
            named,
            inOrder.Count(delivery => delivery.Version > version && delivery.At < held.To),
            committed.Delays(inOrder, held, delivered => delivered > version).Count,
            verdicts);

        ReaderDelays Delays(ILogReader reader, IReadOnlyList<(long, long)> delivered)
        {
            // What was committed just before it, below its version, may still be on its way when it begins.
            var beside = committed.Delays(
                delivered, held with { From = held.From - TimeProvider.System.TimestampFrequency }, reader.Order == DeliveryOrder.ByVersion ? other => other < version : null);
            return new ReaderDelays(
                reader.Name,
                reader.MayWait,
                Hold.Delays.Of(committed.Delays(delivered, before)),
                Hold.Delays.Of(committed.Delays(delivered, unrelated)),
                beside.Count == 0 ? null : Hold.Delays.Of(beside));
        }
    }

    private async Task<(Stretch Held, long Version, IReadOnlyList<(string, TimeSpan?)> Named)> AppendingAsync(
        string connectionString, ISettledMark mark, HolderSightings sightings, CancellationToken cancellationToken)
    {
        // Drawn once: a row that leaves its stream version out draws twice, and what is committed in between waits rightly though it is below.
        await using var transaction = await HeldTransaction.BeginAsync(
            connectionString, new HeldTransactionOptions { Draw = VersionDraw.BeforeInsert }, cancellationToken);
        var from = TimeProvider.System.GetTimestamp();
        var watching = sightings.WatchAsync(mark, transaction.ProcessId, holdFor, cancellationToken);
        await Task.Delay(holdFor, cancellationToken);
        var to = TimeProvider.System.GetTimestamp(); // Until here nobody can have seen what waits for it.
        await transaction.CommitAsync(cancellationToken);
        return (new Stretch(from, to), transaction.Version, await watching);
    }

    private static async Task<Stretch> DuringAsync(Func<Task> what)
    {
        var from = TimeProvider.System.GetTimestamp();
        await what();
        return new Stretch(from, TimeProvider.System.GetTimestamp());
    }
}
