using Npgsql;
using SyncKit.EfStore.Stress.Reading;
using SyncKit.EfStore.Stress.Writing;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Stress.Soak;

/// <summary>One application, behind a wire, on a server of its own, for a long time and under every fault.</summary>
internal sealed class SoakRun(TimeSpan duration, int seed)
{
    private const double Megabyte = 1024 * 1024;
    private static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    // Weights. A crash or a restart about once in three quarters of a minute.
    private static readonly Dictionary<FaultKind, int> Mix = new()
    {
        [FaultKind.TerminateBackend] = 30,
        [FaultKind.CutConnections] = 8,
        [FaultKind.SilenceConnections] = 4,
        [FaultKind.HoldTransaction] = 30,
        [FaultKind.RepeatNotifications] = 10,
        [FaultKind.ForgeNotifications] = 10,
        [FaultKind.RestartServer] = 1,
        [FaultKind.CrashServer] = 1,
    };

    internal async Task<SoakResult> RunAsync(PostgresServer server, IProgress<Sample> progress, CancellationToken cancellationToken)
    {
        await using var database = await server.CreateDatabaseAsync(cancellationToken);
        await using var proxy = new TcpProxy(database.ConnectionString);
        await using var host = await StoreHost.StartAsync(proxy.ConnectionString, null, cancellationToken, keepAlive: 0);
        var (observed, loaded) = (new Tally(), new Tally());
        using var observing = host.Store.ObserveAll().Subscribe(notification => observed.Add(notification.Version));
        await using (await host.Store.SubscribeToAllAsync((_, _) => Task.CompletedTask, cancellationToken: cancellationToken))
        {
            // Once this one is in place, so is the observer.
        }

        var appending = new SteadyAppends(host.Store);
        await using var guests = new ComingAndGoing(host.Store, seed);
        var sampler = new Sampler(
            database.ConnectionString, duration / 60 < LongestInterval ? duration / 60 : LongestInterval, () => appending.Stored);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var allRead = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] working = [appending.RunAsync(enough.Token), guests.RunAsync(enough.Token), sampler.RunAsync(progress, enough.Token)];
        var loading = LoadAsync(host.Store, loaded, allRead.Token);

        FaultReport faults;
        try
        {
            faults = await new FaultSchedule(new FaultScheduleOptions
            {
                ConnectionString = database.ConnectionString,
                Mix = Mix,
                Seed = seed,
                Duration = duration,
                Pause = TimeSpan.FromMilliseconds(500),
                Victims = StoreHost.ApplicationName,
                Proxy = proxy,
                SilenceFor = TimeSpan.FromSeconds(3), // Noticed after two; the server's side of it is not worth killing.
                Server = server,
            }).RunAsync(cancellationToken: cancellationToken);
        }
        finally
        {
            await enough.CancelAsync();
            await Task.WhenAll(working);
        }

        var committed = await CommittedAsync(database.ConnectionString, cancellationToken);
        await UntilAsync(() => observed.Lost(committed) + loaded.Lost(committed) == 0, cancellationToken);
        await allRead.CancelAsync();
        await loading;
        return new SoakResult(
            faults,
            Figures(sampler.Samples),
            [
                ("ObserveAll", observed.Lost(committed), observed.Doubled, 0), // in the order of each stream, not of the log
                ("LoadAsync", loaded.Lost(committed), loaded.Doubled, loaded.Inverted),
            ],
            appending.Stored,
            appending.Repeated,
            guests.Came,
            sampler.Samples.Count);
    }

    private static IReadOnlyList<(string, string, Trend)> Figures(IReadOnlyList<Sample> samples)
    {
        Trend Of(Func<Sample, double> figure, double slack) => Trend.Of([.. samples.Select(sample => (sample.At, figure(sample)))], slack);
        return
        [
            ("live heap", "MB", Of(sample => sample.HeapBytes / Megabyte, slack: 2)),
            ("working set", "MB", Of(sample => sample.WorkingSetBytes / Megabyte, slack: 48)),
            ("connections", "", Of(sample => sample.Connections, slack: 5)),
            ("notification queue", "%", Of(sample => sample.QueueUsage * 100, slack: 0.1)),
        ];
    }

    private static Task LoadAsync(IEventStore store, Tally loaded, CancellationToken stopping) =>
        PolledReader.FollowAsync(store.LoadAsync, loaded.Add, () => { }, stopping);

    private static async Task<IReadOnlyList<long>> CommittedAsync(string connectionString, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand("SELECT array(SELECT version FROM events ORDER BY version)", connection);
        return (long[])(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Waits for a condition for a minute; the verdict says what it lacks then.</summary>
    private static async Task UntilAsync(Func<bool> condition, CancellationToken cancellationToken)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!condition() && TimeProvider.System.GetElapsedTime(began) < Patience)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
        }
    }
}
