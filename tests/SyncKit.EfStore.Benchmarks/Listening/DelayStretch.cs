using System.Diagnostics;
using Npgsql;
using SyncKit.EfStore.Benchmarks.Measuring;
using SyncKit.EfStore.Benchmarks.Servers;
using SyncKit.EfStore.Benchmarks.Suites;

namespace SyncKit.EfStore.Benchmarks.Listening;

/// <summary>
/// One round of one contender: so many writers commit one event each at a steady pace, past every store, and each event's delay is the time
/// from the moment its COMMIT is sent until the contender has it. Every event must arrive once.
/// </summary>
/// <param name="run">The run.</param>
/// <param name="writers">How many, each with a connection of its own.</param>
/// <param name="pace">The time between two commits of one writer.</param>
/// <param name="start">Sets the contender up.</param>
internal sealed class DelayStretch(
    BenchmarkRun run, int writers, TimeSpan pace, Func<string, CancellationToken, Task<INotified>> start)
{
    private const string InsertSql =
        "INSERT INTO events (id, aggregate_id, event_type, data, stream_version) VALUES ($1, $2, 'OrderPaid', '{\"total\": 12.5}', $3)";

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.5);

    /// <returns>The median and the 99th percentile, in ms.</returns>
    internal async Task<(double P50, double P99)> MeasureAsync(CancellationToken cancellationToken)
    {
        await using var database = await run.Databases.CopyAsync(Schema.Ours, run.Scale.Log, cancellationToken);
        await using var notified = await start(database.ConnectionString, cancellationToken);
        await run.Server.CheckpointAsync(cancellationToken);
        var began = Stopwatch.GetTimestamp();
        var written = (await Task.WhenAll(Enumerable.Range(0, writers).Select(writer =>
            Task.Run(() => WriteAsync(database.ConnectionString, writer, cancellationToken), cancellationToken)))).SelectMany(one => one).ToDictionary();

        var arrived = await notified.Arrivals.TakeAsync(written.Count, cancellationToken);
        var times = arrived.ToDictionary(arrival => notified.IdOf(arrival.What), arrival => arrival.At);
        var delays = written
            .Where(commit => Stopwatch.GetElapsedTime(began, commit.Value) >= WarmUp)
            .Select(commit => Stopwatch.GetElapsedTime(commit.Value, times[commit.Key]).TotalMilliseconds)
            .Order()
            .ToArray();
        return (Statistics.Percentile(delays, 0.50), Statistics.Percentile(delays, 0.99));
    }

    /// <returns>By id, when its COMMIT was sent.</returns>
    private async Task<Dictionary<string, long>> WriteAsync(string connectionString, int writer, CancellationToken cancellationToken)
    {
        await using var connection = await Sql.OpenAsync(connectionString, cancellationToken);
        await using var insert = new NpgsqlCommand(InsertSql, connection);
        var id = new NpgsqlParameter<string> { TypedValue = "" };
        var version = new NpgsqlParameter<long>();
        insert.Parameters.Add(id);
        insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = $"writer-{writer}" });
        insert.Parameters.Add(version);
        await insert.PrepareAsync(cancellationToken);

        var written = new Dictionary<string, long>();
        using var timer = new PeriodicTimer(pace);
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < WarmUp + run.Scale.Stretch)
        {
            await timer.WaitForNextTickAsync(cancellationToken);
            id.TypedValue = Guid.CreateVersion7().ToString();
            version.TypedValue = written.Count + 1;
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await insert.ExecuteNonQueryAsync(cancellationToken);
            written.Add(id.TypedValue, Stopwatch.GetTimestamp());
            await transaction.CommitAsync(cancellationToken);
        }

        return written;
    }
}
