using System.Diagnostics;
using SyncKit.EfStore.Benchmarks.Contenders;
using SyncKit.EfStore.Benchmarks.Events;
using SyncKit.EfStore.Benchmarks.Servers;

namespace SyncKit.EfStore.Benchmarks.Suites;

/// <summary>How fast many events go into a log that has some, with a session that listens; and the raw COPY that it is held against.</summary>
internal static class LoadTime
{
    /// <param name="run">Gives the server and the sizes.</param>
    /// <param name="what">Such as <c>import</c>, for what is said where events are missing.</param>
    /// <param name="load">Stores as many events as the scale's import has, by a connection string.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Events each second.</returns>
    internal static async Task<double> TakeAsync(BenchmarkRun run, string what, Func<string, Task> load, CancellationToken cancellationToken)
    {
        await using var database = await run.Databases.CopyAsync(Schema.Ours, run.Scale.Log, cancellationToken);
        await using var listener = await GlobalListener.StartAsync(database.ConnectionString, cancellationToken);
        await run.Server.CheckpointAsync(cancellationToken);
        var start = Stopwatch.GetTimestamp();
        await load(database.ConnectionString);
        var took = Stopwatch.GetElapsedTime(start);
        await listener.ProveAsync(cancellationToken);
        var found = await database.CountAsync("events", cancellationToken);
        return found == run.Scale.Log + run.Scale.Import
            ? run.Scale.Import / took.TotalSeconds
            : throw new InvalidOperationException($"The table must hold {run.Scale.Log + run.Scale.Import} events after the {what}; it holds {found}.");
    }

    /// <summary>One binary COPY of rows in memory.</summary>
    internal static async Task RawCopyAsync(string connectionString, Row[] rows, CancellationToken cancellationToken)
    {
        await using var connection = await Sql.OpenAsync(connectionString, cancellationToken);
        RawCopy.Write(connection, rows);
    }
}
