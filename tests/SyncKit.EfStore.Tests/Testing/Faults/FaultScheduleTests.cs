using SyncKit.EfStore.Testing;
using SyncKit.EfStore.Tests.Notifications;

namespace SyncKit.EfStore.Tests.Testing.Faults;

/// <summary>Every fault of a schedule really happens. A server of its own, because it is crashed.</summary>
[TestClass]
public sealed class FaultScheduleTests
{
    private static PostgresServer _server = null!;

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Cancelled => TestContext.CancellationToken;

    [ClassInitialize]
    public static async Task StartServerAsync(TestContext context) =>
        _server = await TestServer.StartOwnAsync(context.CancellationToken);

    [ClassCleanup]
    public static async Task RemoveServerAsync() => await _server.DisposeAsync();

    [TestMethod]
    public async Task An_observer_survives_one_of_each_and_more()
    {
        await using var database = await _server.CreateDatabaseAsync(Cancelled);
        await using var proxy = new TcpProxy(database.ConnectionString);
        await using var host = await ListeningHost.StartAsync(database.ConnectionString, options =>
        {
            options.ListenerConnectionString = proxy.ConnectionString;
            options.NotificationTimeout = TimeSpan.FromSeconds(2);
        });
        var all = host.ObserveAll();
        await host.MarkAsync(all);
        var crashes = await PostmasterStartAsync(database);
        var told = new List<FaultKind>();
        var mix = new Dictionary<FaultKind, int>
        {
            [FaultKind.TerminateBackend] = 3,
            [FaultKind.CutConnections] = 3,
            [FaultKind.SilenceConnections] = 1,
            [FaultKind.HoldTransaction] = 5,
            [FaultKind.RepeatNotifications] = 2,
            [FaultKind.ForgeNotifications] = 2,
            [FaultKind.RestartServer] = 1,
            [FaultKind.CrashServer] = 1,
        };

        var report = await new FaultSchedule(new FaultScheduleOptions
        {
            ConnectionString = database.ConnectionString,
            Mix = mix,
            Seed = 20_261_123,
            Pause = TimeSpan.FromMilliseconds(20),
            HoldFor = TimeSpan.FromMilliseconds(50),
            Victims = ListeningHost.ListenerName,
            Proxy = proxy,
            Server = _server,
        }).RunAsync(new Immediately(told), Cancelled);

        Assert.AreEquivalent(mix, report.Injected.ToDictionary());
        Assert.AreEqual(18, report.Total);
        Assert.HasCount(18, told);
        Assert.AreNotEqual(crashes, await PostmasterStartAsync(database));
        Assert.IsGreaterThanOrEqualTo(3L, proxy.CutConnections);
        Assert.IsGreaterThanOrEqualTo(1L, proxy.SilencedConnections);
        var last = await host.MarkAsync(all);
        await using var watcher = await RawSql.ConnectAsync(database.ConnectionString);
        var committed = await watcher.ColumnAsync<string>("SELECT id FROM events ORDER BY version");
        Assert.IsGreaterThan(2, committed.Count); // held ones among them
        Assert.AreEqual(last, committed[^1]);
        await all.WaitForCountAsync(committed.Count);
        Assert.AreEquivalent(committed, all.Items.Select(item => item.Id).ToList());
    }

    [TestMethod]
    public async Task A_fault_that_finds_nobody_says_so_instead_of_counting()
    {
        await using var database = await _server.CreateDatabaseAsync(Cancelled);
        var schedule = new FaultSchedule(new FaultScheduleOptions
        {
            ConnectionString = database.ConnectionString,
            Mix = new Dictionary<FaultKind, int> { [FaultKind.TerminateBackend] = 1 },
            Victims = "nobody",
            Patience = TimeSpan.FromMilliseconds(200),
        });

        await Assert.ThrowsExactlyAsync<TimeoutException>(() => schedule.RunAsync(cancellationToken: Cancelled));
        await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => schedule.RunAsync(cancellationToken: Cancelled));
    }

    [TestMethod]
    public async Task One_with_a_duration_goes_on_until_that_is_over_and_one_that_is_cancelled_says_how_far_it_came()
    {
        await using var database = await _server.CreateDatabaseAsync(Cancelled);
        FaultScheduleOptions Options(TimeSpan duration) => new()
        {
            ConnectionString = database.ConnectionString,
            Mix = new Dictionary<FaultKind, int> { [FaultKind.ForgeNotifications] = 1 },
            Duration = duration,
            Pause = TimeSpan.FromMilliseconds(1),
        };

        var report = await new FaultSchedule(Options(TimeSpan.FromMilliseconds(500))).RunAsync(cancellationToken: Cancelled);
        Assert.IsGreaterThan(0, report.Total);
        Assert.IsGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(500), report.Took);

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var told = new TaskCompletionSource();
        var running = new FaultSchedule(Options(TimeSpan.FromHours(1))).RunAsync(new Signal(told, after: 3), enough.Token);
        await told.Task;
        await enough.CancelAsync();
        Assert.IsGreaterThanOrEqualTo(3, (await running).Total);
    }

    [TestMethod]
    public void What_cannot_be_is_refused_at_once()
    {
        static string Refusal(FaultKind kind, int count = 1) => Assert.ThrowsExactly<ArgumentException>(() => new FaultSchedule(
            new FaultScheduleOptions { ConnectionString = "Host=h", Mix = new Dictionary<FaultKind, int> { [kind] = count } })).Message;

        Assert.AreEqual("FaultScheduleOptions.Proxy is required to cut or silence connections.", Refusal(FaultKind.CutConnections));
        Assert.AreEqual(
            "FaultScheduleOptions.Server must be a private cluster to be restarted or crashed; it is not set.", Refusal(FaultKind.CrashServer));
        Assert.AreEqual("FaultScheduleOptions.Mix must name at least one fault, and no negative number.", Refusal(FaultKind.CrashServer, 0));
    }

    [TestMethod]
    public async Task A_restart_leaves_the_server_away_for_as_long_as_asked_and_brings_the_data_back()
    {
        await using var database = await _server.CreateDatabaseAsync(Cancelled);
        await using var before = await RawSql.ConnectAsync(database.ConnectionString);
        await before.InsertAsync("a", "kept");
        Assert.IsTrue(_server.CanRestart);

        var restarting = _server.RestartAsync(ServerShutdown.Immediate, TimeSpan.FromSeconds(1), Cancelled);
        await Sql.LostAsync(before, Cancelled);
        var down = TimeProvider.System.GetTimestamp();
        await restarting;

        Assert.IsGreaterThanOrEqualTo(TimeSpan.FromSeconds(0.9), TimeProvider.System.GetElapsedTime(down));
        await using var after = await RawSql.ConnectAsync(database.ConnectionString);
        Assert.AreEqual("kept", await after.ScalarAsync<string>("SELECT id FROM events"));
    }

    [TestMethod]
    public async Task A_restart_cancelled_while_the_server_is_down_starts_it_at_once()
    {
        await using var database = await _server.CreateDatabaseAsync(Cancelled);
        await using var before = await RawSql.ConnectAsync(database.ConnectionString);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);

        var restarting = _server.RestartAsync(ServerShutdown.Fast, TimeSpan.FromHours(1), enough.Token);
        await Sql.LostAsync(before, Cancelled);
        await enough.CancelAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(() => restarting);
        await using var after = await RawSql.ConnectAsync(database.ConnectionString);
    }

    private static async Task<DateTime> PostmasterStartAsync(PostgresDatabase database)
    {
        await using var connection = await RawSql.ConnectAsync(database.ConnectionString);
        return await connection.ScalarAsync<DateTime>("SELECT pg_postmaster_start_time()");
    }

    private sealed class Immediately(List<FaultKind> told) : IProgress<FaultKind>
    {
        public void Report(FaultKind value) => told.Add(value);
    }

    private sealed class Signal(TaskCompletionSource told, int after) : IProgress<FaultKind>
    {
        private int _faults;

        public void Report(FaultKind value)
        {
            if (++_faults == after)
            {
                told.TrySetResult();
            }
        }
    }
}
