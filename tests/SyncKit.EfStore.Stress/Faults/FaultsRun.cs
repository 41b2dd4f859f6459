using SyncKit.EfStore.Stress.Folding;
using SyncKit.EfStore.Stress.Writing;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Stress.Faults;

/// <summary>One handler behind a wire, steady appends past it, and the faults of one seed; then the handler's table against the log.</summary>
internal sealed class FaultsRun(int faults, int seed)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    /// <summary>Of 1,000 faults: 600 terminated backends, 300 cuts, 80 silences, 20 crashes; of fewer or more in proportion, one of each at least.</summary>
    internal static Dictionary<FaultKind, int> Mix(int faults) => new()
    {
        [FaultKind.TerminateBackend] = Math.Max(1, faults * 600 / 1_000),
        [FaultKind.CutConnections] = Math.Max(1, faults * 300 / 1_000),
        [FaultKind.SilenceConnections] = Math.Max(1, faults * 80 / 1_000),
        [FaultKind.CrashServer] = Math.Max(1, faults * 20 / 1_000),
    };

    internal async Task<FaultsResult> RunAsync(
        PostgresServer server, IFaultTarget target, IProgress<FaultKind> progress, CancellationToken cancellationToken)
    {
        await using var database = await server.CreateDatabaseAsync(cancellationToken);
        await using var proxy = new TcpProxy(database.ConnectionString);
        await using var writing = await StoreHost.StartAsync(database.ConnectionString, null, cancellationToken, "stress writer");
        await FoldTable.CreateAsync(database.ConnectionString, cancellationToken);
        await target.StartAsync(database.ConnectionString, proxy.ConnectionString, cancellationToken);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var appending = new SteadyAppends(writing.Store).RunAsync(enough.Token);
        FaultReport report;
        try
        {
            report = await new FaultSchedule(new FaultScheduleOptions
            {
                ConnectionString = database.ConnectionString,
                Mix = Mix(faults),
                Seed = seed,
                Victims = StoreHost.ApplicationName,
                Proxy = proxy,
                SilenceFor = TimeSpan.FromSeconds(3), // Noticed after two; the server's side of it is not worth killing.
                Server = server,
            }).RunAsync(progress, cancellationToken);
        }
        finally
        {
            await enough.CancelAsync();
            await appending;
        }

        await CatchUpAsync(target, database.ConnectionString, cancellationToken);
        var checkpoint = await target.CheckpointAsync(database.ConnectionString, cancellationToken);
        var (differences, events, last) = await FoldTable.CompareAsync(database.ConnectionString, cancellationToken);
        return new FaultsResult(target.Name, report, events, last, checkpoint, differences);
    }

    /// <summary>Waits until the handler is at the end, or has not moved for a minute: the comparison will say what it lacks.</summary>
    private static async Task CatchUpAsync(IFaultTarget target, string connectionString, CancellationToken cancellationToken)
    {
        var (_, _, last) = await FoldTable.CompareAsync(connectionString, cancellationToken);
        var (reached, since) = (-1L, TimeProvider.System.GetTimestamp());
        while (reached < last && TimeProvider.System.GetElapsedTime(since) < Patience)
        {
            var now = await target.CheckpointAsync(connectionString, cancellationToken);
            (since, reached) = (now == reached ? since : TimeProvider.System.GetTimestamp(), now);
            await Task.Delay(Look, cancellationToken);
        }
    }
}
