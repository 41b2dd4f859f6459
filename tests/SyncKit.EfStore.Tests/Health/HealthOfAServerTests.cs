using Microsoft.Extensions.Diagnostics.HealthChecks;
using SyncKit.EfStore.Testing;
using SyncKit.EfStore.Tests.Subscriptions.Named;

namespace SyncKit.EfStore.Tests.Health;

/// <summary>The server goes away and comes back. A server of its own, because these tests stop it.</summary>
[TestClass]
public sealed class HealthOfAServerTests
{
    private static PostgresServer _server = null!;

    [ClassInitialize]
    public static async Task StartServerAsync(TestContext context) =>
        _server = await TestServer.StartOwnAsync(context.CancellationToken);

    [ClassCleanup]
    public static async Task RemoveServerAsync() => await _server.DisposeAsync();

    [TestMethod]
    public async Task While_the_server_is_stopped_the_database_is_unhealthy_and_the_listener_degraded()
    {
        await using var database = await _server.CreateDatabaseAsync();
        await using var host = await HealthHost.StartAsync(database.ConnectionString, inbox: new Inbox());
        await host.UntilAsync("subscription-projection", HealthStatus.Healthy, "Live");

        await _server.StopAsync();

        await host.UntilAsync("database", HealthStatus.Unhealthy, database.Name);
        await host.UntilAsync("listener", HealthStatus.Degraded, "it goes on trying");
        await host.UntilAsync("settled-mark", HealthStatus.Unhealthy, database.Name);
        await host.UntilAsync("subscription-projection", HealthStatus.Degraded, "Retrying");
        Assert.AreNotEqual(HealthStatus.Unhealthy, (await host.ReportAsync("live")).Status); // a restart of the process would mend nothing
        await _server.StartAgainAsync();
        foreach (var check in new[] { "database", "listener", "settled-mark", "subscription-projection" })
        {
            await host.UntilAsync(check, HealthStatus.Healthy, "");
        }
    }

    [TestMethod]
    public async Task Events_that_wait_for_a_stopped_server_are_no_reason_to_restart_the_process()
    {
        var hangs = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var handling = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var inbox = new Inbox
        {
            Before = (_, token) =>
            {
                handling.TrySetResult();
                return hangs.Task.WaitAsync(token);
            },
        };
        await using var database = await _server.CreateDatabaseAsync();
        await using var host = await HealthHost.StartAsync(
            database.ConnectionString, health: options => options.NotMovingAfter = TimeSpan.FromSeconds(1), inbox: inbox);
        await host.Store.StoreAsync([Sample.Event("a"), Sample.Event("a")]);
        await handling.Task.WaitAsync(TimeSpan.FromSeconds(60));

        await _server.StopAsync();
        hangs.SetResult();

        var entry = await host.UntilAsync("subscription-projection", HealthStatus.Degraded, "Retrying, 2 versions from the end");
        while ((double)entry.Data["quiet_seconds"] < 2)
        {
            Assert.AreEqual(HealthStatus.Degraded, entry.Status, entry.Description);
            entry = await host.EntryAsync("subscription-projection");
        }

        Assert.AreNotEqual(HealthStatus.Unhealthy, (await host.ReportAsync("live")).Status);
        await _server.StartAgainAsync();
        await host.UntilAsync("subscription-projection", HealthStatus.Healthy, "Live, at version 2");
    }

    [TestMethod]
    public async Task A_server_that_is_frozen_makes_no_check_wait_beyond_its_timeout()
    {
        await using var database = await _server.CreateDatabaseAsync();
        await using var proxy = new TcpProxy(database.ConnectionString);

        // The driver would wait for ever: for the answer to a cancellation, and for a new connection.
        await using var host = await HealthHost.StartAsync(
            proxy.ConnectionString + ";Cancellation Timeout=0;Timeout=1000;Command Timeout=1000",
            health: options => options.Timeout = TimeSpan.FromMilliseconds(500));
        await host.UntilAsync("database", HealthStatus.Healthy, database.Name);

        proxy.Silence(newOnesToo: true);

        var entry = await host.EntryAsync("database").WaitAsync(TimeSpan.FromSeconds(60));
        Assert.AreEqual(HealthStatus.Unhealthy, entry.Status);
        Assert.Contains("timeout", entry.Description!);
        proxy.Resume();
        await host.UntilAsync("database", HealthStatus.Healthy, database.Name);
    }

    [TestMethod]
    public async Task A_listener_that_gave_up_is_unhealthy_and_the_rest_comes_back()
    {
        await using var database = await _server.CreateDatabaseAsync();
        await using var host = await HealthHost.StartAsync(database.ConnectionString, options => options.MaxReconnectAttempts = 2);
        await host.UntilAsync("listener", HealthStatus.Healthy, "");

        await _server.StopAsync();

        await host.UntilAsync("listener", HealthStatus.Unhealthy, "gave up after 2 attempts");
        Assert.AreEqual(HealthStatus.Unhealthy, (await host.ReportAsync("live")).Status);
        await _server.StartAgainAsync();
        await host.UntilAsync("database", HealthStatus.Healthy, "");
        Assert.AreEqual(HealthStatus.Unhealthy, (await host.EntryAsync("listener")).Status);
    }
}
