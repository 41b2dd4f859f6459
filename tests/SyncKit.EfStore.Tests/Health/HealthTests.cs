using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Npgsql;
using SyncKit.EfStore.Testing;
using SyncKit.EfStore.Tests.Notifications;
using SyncKit.EfStore.Tests.Subscriptions.Named;

namespace SyncKit.EfStore.Tests.Health;

/// <summary>Each check goes to the right state when something fails, says what, and comes back when it is mended.</summary>
[TestClass]
public sealed class HealthTests
{
    private const string Subscription = "subscription-projection";

    private static readonly string[] Names = ["database", "listener", "settled-mark", Subscription];

    private PostgresDatabase _database = null!;

    [TestInitialize]
    public async Task CreateDatabaseAsync() => _database = await (await TestServer.GetAsync()).CreateDatabaseAsync();

    [TestCleanup]
    public async Task DropDatabaseAsync() => await _database.DisposeAsync();

    [TestMethod]
    public async Task A_healthy_store_is_healthy_and_each_check_stands_for_itself()
    {
        await using var host = await HealthHost.StartAsync(_database.ConnectionString, inbox: new Inbox());
        await host.Store.StoreAsync(Sample.Event("a"));
        await host.UntilAsync(Subscription, HealthStatus.Healthy, "Live, at version 1");

        var report = await host.ReportAsync("ready");
        CollectionAssert.AreEquivalent(Names.Select(name => "event-store-" + name).ToArray(), report.Entries.Keys.ToArray());
        Assert.AreEqual(HealthStatus.Healthy, report.Status);
        Assert.AreEqual("Idle: every event is settled, up to version 1.", report.Entries["event-store-settled-mark"].Description);
        Assert.AreEqual(1L, report.Entries["event-store-settled-mark"].Data["version"]);
        Assert.Contains("its schema is current", report.Entries["event-store-database"].Description!);
        CollectionAssert.AreEquivalent(
            new[] { "event-store-listener", "event-store-" + Subscription }, (await host.ReportAsync("live")).Entries.Keys.ToArray());

        await host.StopAsync();
        Assert.Contains("stopped", (await host.EntryAsync("listener")).Description!);
        Assert.AreEqual(HealthStatus.Unhealthy, (await host.EntryAsync(Subscription)).Status);
    }

    [TestMethod]
    public async Task A_database_without_the_schema_is_unhealthy_and_says_what_to_do()
    {
        await using var server = await (await TestServer.GetAsync()).CreateEmptyDatabaseAsync();
        await using var host = await HealthHost.StartAsync(server.ConnectionString);

        var entry = await host.EntryAsync("database");

        Assert.AreEqual(HealthStatus.Unhealthy, entry.Status);
        Assert.Contains("synckit migrate", entry.Description!);
        Assert.AreEqual(HealthStatus.Unhealthy, (await host.EntryAsync("settled-mark")).Status);
    }

    [TestMethod]
    public async Task A_listener_whose_backend_is_killed_over_and_over_is_degraded_until_that_ends()
    {
        await using var host = await HealthHost.StartAsync(_database.ConnectionString, options => options.ReconnectInterval = TimeSpan.FromMilliseconds(100));
        await host.UntilAsync("listener", HealthStatus.Healthy, "Notifications arrive");
        await using var killer = await RawSql.ConnectAsync(_database.ConnectionString);
        using var enough = new CancellationTokenSource();
        var killing = Task.Run(async () =>
        {
            while (!enough.IsCancellationRequested)
            {
                await killer.ScalarAsync<long>(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1",
                    ListeningHost.ListenerName);
            }
        });

        for (var times = 0; times < 3; times++)
        {
            await host.UntilAsync("listener", HealthStatus.Degraded, "it goes on trying");
        }

        Assert.AreEqual(HealthStatus.Healthy, (await host.EntryAsync("database")).Status);
        await enough.CancelAsync();
        await killing;
        await host.UntilAsync("listener", HealthStatus.Healthy, "Notifications arrive");
    }

    [TestMethod]
    public async Task Behind_a_pooler_that_swallows_LISTEN_the_listener_is_degraded_until_that_is_mended()
    {
        await using var pooler = await PgBouncer.StartAsync(_database.ConnectionString, "transaction");
        await using var host = await HealthHost.StartAsync(pooler.ConnectionString, options => options.EnablePreparedStatements = false);

        await host.UntilAsync("listener", HealthStatus.Degraded, "connection pooler");
        await pooler.ChangeModeAsync("session");

        await host.UntilAsync("listener", HealthStatus.Healthy, "Notifications arrive");
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task An_append_that_stays_open_is_named_by_its_process_and_its_end_is_seen(bool unhealthy)
    {
        await using var holder = await RawSql.ConnectAsync(
            new NpgsqlConnectionStringBuilder(_database.ConnectionString) { ApplicationName = "forgetful" }.ConnectionString);
        await using var host = await HealthHost.StartAsync(
            _database.ConnectionString, health: options => options.HeldBackUnhealthyAfter = unhealthy ? TimeSpan.FromSeconds(1) : null);
        await holder.RunAsync("BEGIN; INSERT INTO events (id, aggregate_id, event_type) VALUES ('held', 'held', 'T')");
        var higher = await host.Store.StoreAsync(Sample.Event("a"));

        // Nobody reads here: the probe alone finds it.
        var entry = await host.UntilAsync("settled-mark", unhealthy ? HealthStatus.Unhealthy : HealthStatus.Degraded, "'forgetful'");

        Assert.AreEqual(holder.ProcessID, entry.Data["pid"]);
        Assert.AreEqual(higher.Version.Value, entry.Data["highest_version"]);
        Assert.IsGreaterThanOrEqualTo(1.0, (double)entry.Data["held_for_seconds"]);
        await holder.RunAsync("ROLLBACK");
        await host.UntilAsync("settled-mark", HealthStatus.Healthy, $"Idle: every event is settled, up to version {higher.Version}.");
    }

    [TestMethod]
    public async Task A_handler_that_hangs_is_unhealthy_until_it_comes_back()
    {
        var hangs = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var inbox = new Inbox { Before = (stored, token) => stored.Version.Value == 2 ? hangs.Task.WaitAsync(token) : Task.CompletedTask };
        await using var host = await HealthHost.StartAsync(
            _database.ConnectionString, health: options => options.NotMovingAfter = TimeSpan.FromSeconds(1), inbox: inbox);
        await host.UntilAsync(Subscription, HealthStatus.Healthy, "Live");

        await host.Store.StoreAsync([Sample.Event("a"), Sample.Event("a")]);

        var entry = await host.UntilAsync(Subscription, HealthStatus.Unhealthy, "Not moving");
        Assert.Contains("Its handler has not come back", entry.Description!);
        Assert.AreEqual(HealthStatus.Healthy, (await host.EntryAsync("settled-mark")).Status);
        hangs.SetResult();
        await host.UntilAsync(Subscription, HealthStatus.Healthy, "Live, at version 2");
    }

    [TestMethod]
    public async Task A_faulted_subscription_is_unhealthy_until_it_is_resumed_and_a_paused_one_degraded()
    {
        var inbox = new Inbox();
        var bad = true;
        inbox.Fail(() => bad, 1);
        await using var host = await HealthHost.StartAsync(_database.ConnectionString, inbox: inbox);
        await host.Store.StoreAsync(Sample.Event("a"));

        await host.UntilAsync(Subscription, HealthStatus.Unhealthy, "Bad event 1.");
        bad = false;
        await host.Subscriptions.ResumeAsync(SubscribingHost.Name);
        await host.UntilAsync(Subscription, HealthStatus.Healthy, "Live, at version 1");

        await host.Subscriptions.PauseAsync(SubscribingHost.Name);
        await host.UntilAsync(Subscription, HealthStatus.Degraded, "Paused on request at version 1");
        await host.Subscriptions.ResumeAsync(SubscribingHost.Name);
        await host.UntilAsync(Subscription, HealthStatus.Healthy, "Live");
    }

    [TestMethod]
    public async Task A_rebuild_under_way_is_healthy()
    {
        var inbox = new Inbox();
        await using var host = await HealthHost.StartAsync(_database.ConnectionString, inbox: inbox);
        await host.Store.StoreAsync([.. Enumerable.Range(0, 30).Select(_ => Sample.Event("a"))]);
        await host.UntilAsync(Subscription, HealthStatus.Healthy, "Live, at version 30");
        var half = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        inbox.Before = (stored, token) =>
        {
            if (stored.Version.Value != 15)
            {
                return Task.CompletedTask;
            }

            half.TrySetResult();
            return goOn.Task.WaitAsync(token);
        };

        await host.Subscriptions.RebuildAsync(SubscribingHost.Name);
        await half.Task.WaitAsync(TimeSpan.FromSeconds(30));

        var entry = await host.EntryAsync(Subscription);
        Assert.AreEqual(HealthStatus.Healthy, entry.Status, entry.Description);
        Assert.Contains("Catching up, 20 versions from the end, at version 10", entry.Description!);
        goOn.SetResult();
        await host.UntilAsync(Subscription, HealthStatus.Healthy, "Live, at version 30");
    }

    [TestMethod]
    public void Options_out_of_bounds_are_refused_all_at_once()
    {
        var checks = new ServiceCollection().AddHealthChecks();

        var refused = Assert.ThrowsExactly<OptionsValidationException>(() => checks.AddPostgresEventStore(options =>
        {
            options.NotMovingAfter = TimeSpan.Zero;
            options.HeldBackUnhealthyAfter = TimeSpan.FromDays(2);
            options.Timeout = TimeSpan.FromHours(1);
        }));

        Assert.HasCount(3, refused.Failures);
    }
}
