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
