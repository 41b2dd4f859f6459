using Npgsql;
using SyncKit.EfStore.Stress.Checking;
using SyncKit.EfStore.Stress.Reading;
using SyncKit.EfStore.Stress.Writing;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Stress.Order;

/// <summary>
/// One pattern on a database of its own: readers first, then writers and faults; in the end every session is killed once more, so that a
/// replay has its chance to repeat something, and what each reader was given is compared with the log.
/// </summary>
internal sealed class PatternRun(Pattern pattern, int events, int seed)
{
    private const string MarkerSql = "INSERT INTO events (id, aggregate_id, event_type) VALUES (gen_random_uuid()::text, 'marker', 'Marked')";

    internal async Task<PatternResult> RunAsync(PostgresServer server, IProgress<int> progress, CancellationToken cancellationToken)
    {
        await using var database = await server.CreateDatabaseAsync(cancellationToken);
        await using var appending = await StoreHost.StartAsync(database.ConnectionString, null, cancellationToken);
        await using var local = await LocalReaders.StartAsync(database.ConnectionString, ReaderKinds.WithControl(), cancellationToken);
        await using var other = await ReaderProcess.StartAsync(database.ConnectionString, cancellationToken);
        IReaderGroup[] groups = [local, other];
        var killer = new BackendKiller(database.ConnectionString);
        var crew = new WriterCrew(database.ConnectionString, appending.Store, seed, pattern.DrawsEarly);

        var began = TimeProvider.System.GetTimestamp();
        await WriteAsync(database.ConnectionString, crew, killer, progress, cancellationToken);
        var took = TimeProvider.System.GetElapsedTime(began);

        await CatchUpAsync(database.ConnectionString, groups, cancellationToken);
        await killer.KillAllAsync(cancellationToken);
        var committed = await CatchUpAsync(database.ConnectionString, groups, cancellationToken);

        var verdicts = new List<ReaderVerdict>();
        foreach (var group in groups)
        {
            verdicts.AddRange(await group.StopAsync(committed, cancellationToken));
        }

        const int Markers = 2;
        return new PatternResult(
            pattern,
            committed.Count,
            committed[^1].Version - committed.Count,
            crew.Failed,
            killer.Killed,
            committed.Count - Markers - crew.Committed,
            took,
            verdicts);
    }

    private async Task WriteAsync(
        string connectionString, WriterCrew crew, BackendKiller killer, IProgress<int> progress, CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var beside = new List<Task> { ReportAsync(crew, progress, enough.Token) };
        if (pattern.LongTransaction)
        {
            beside.Add(UnrelatedTransaction.RunAsync(connectionString, enough.Token));
        }

        if (pattern.KillsPerSecond > 0)
        {
            beside.Add(killer.RunAsync(pattern.KillsPerSecond, seed, cancellationToken: enough.Token));
        }

        try
        {
            await crew.RunAsync(events, cancellationToken);
        }
        finally
        {
            await enough.CancelAsync();
            await Task.WhenAll(beside);
        }
    }

    private static async Task ReportAsync(WriterCrew crew, IProgress<int> progress, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            progress.Report(crew.Committed);
            await Task.Delay(TimeSpan.FromMilliseconds(200), stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Commits a last event, reads what the log holds, and waits until every reader has it.</summary>
    private static async Task<IReadOnlyList<CommittedEvent>> CatchUpAsync(
        string connectionString, IReaderGroup[] groups, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using (var mark = new NpgsqlCommand(MarkerSql, connection))
        {
            await mark.ExecuteNonQueryAsync(cancellationToken);
        }

        var committed = await CommittedEvent.ReadAllAsync(connection, cancellationToken);
        foreach (var group in groups)
        {
            await group.CatchUpAsync(committed.Count, committed[^1].Version, cancellationToken);
        }

        return committed;
    }
}
