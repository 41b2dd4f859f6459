using SyncKit.EfStore.Benchmarks.Contenders;
using SyncKit.EfStore.Benchmarks.Measuring;
using SyncKit.EfStore.Benchmarks.Servers;

namespace SyncKit.EfStore.Benchmarks.Suites;

/// <summary>
/// One round of one contender: a fresh copy of the log, a listener, a warm-up of equally many calls for all, a checkpoint, then the clock.
/// Afterwards the table is counted: a contender that lost or doubled an append has measured nothing.
/// </summary>
/// <param name="run">The run.</param>
/// <param name="schema">Whose table.</param>
/// <param name="callers">How many at a time.</param>
/// <param name="calls">What to append, in order; whoever is free takes the next.</param>
/// <param name="eventsPerCall">How many events each of them is.</param>
/// <param name="open">Sets the contender up.</param>
internal sealed class AppendStretch<T>(
    BenchmarkRun run,
    Schema schema,
    int callers,
    IReadOnlyList<T> calls,
    int eventsPerCall,
    Func<string, int, CancellationToken, Task<IAppender<T>>> open)
{
    // Enough that every caller's statements are prepared, on server and client, and the code is compiled.
    private const int WarmUpCallsPerCaller = 20;
    private const int LeastWarmUpCalls = 200;

    /// <summary>Run in the database before the contender connects; null for nothing.</summary>
    internal string? Prepare { get; init; }

    /// <summary>Where the events go, to be counted afterwards.</summary>
    internal string Table { get; init; } = "events";

    /// <summary>Whether notifications must come.</summary>
    internal bool Notifies { get; init; } = true;

    /// <summary>One stretch, as long as the scale says.</summary>
    internal Task<Load> MeasureAsync(CancellationToken cancellationToken) =>
        MeasureAsync(loop => loop.RunAsync(run.Scale.Stretch, cancellationToken), cancellationToken);

    /// <summary>Whatever is measured of the loop once all is warm: several stretches, say, one after the other.</summary>
    internal async Task<TMeasured> MeasureAsync<TMeasured>(Func<ClosedLoop, Task<TMeasured>> measure, CancellationToken cancellationToken)
    {
        await using var database = await run.Databases.CopyAsync(schema, run.Scale.Log, cancellationToken);
        if (Prepare is not null)
        {
            await Sql.RunAsync(database.ConnectionString, Prepare, cancellationToken);
        }

        await using var listener = await GlobalListener.StartAsync(database.ConnectionString, cancellationToken);
        await using var appender = await open(database.ConnectionString, callers, cancellationToken);
        var (taken, appended) = (0, 0L);
        var loop = new ClosedLoop(callers, AppendNextAsync);

        await loop.RunAsync(Math.Max(LeastWarmUpCalls, callers * WarmUpCallsPerCaller), cancellationToken);
        if (Notifies)
        {
            await listener.ProveAsync(cancellationToken);
        }

        await run.Server.CheckpointAsync(cancellationToken);
        var measured = await measure(loop);
        await RequireAsync(database, run.Scale.Log + (Interlocked.Read(ref appended) * eventsPerCall), cancellationToken);
        return measured;

        async Task<bool> AppendNextAsync(int caller)
        {
            var next = Interlocked.Increment(ref taken) - 1;
            if (next >= calls.Count)
            {
                return false;
            }

            await appender.AppendAsync(caller, calls[next]);
            Interlocked.Increment(ref appended);
            return true;
        }
    }

    private async Task RequireAsync(DatabaseCopy database, long expected, CancellationToken cancellationToken)
    {
        var found = await database.CountAsync(Table, cancellationToken);
        if (found != expected)
        {
            throw new InvalidOperationException($"The table {Table} must hold {expected} events after the appends; it holds {found}.");
        }
    }
}
