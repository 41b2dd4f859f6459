using System.Diagnostics;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Notifications;

/// <summary>The server goes away and comes back. A server of its own, because these tests stop it.</summary>
[TestClass]
public sealed class ServerRestartTests
{
    private static PostgresServer _server = null!;

    [ClassInitialize]
    public static async Task StartServerAsync(TestContext context) =>
        _server = await TestServer.StartOwnAsync(context.CancellationToken);

    [ClassCleanup]
    public static async Task RemoveServerAsync() => await _server.DisposeAsync();

    [TestMethod]
    [DataRow(ServerShutdown.Immediate)]
    [DataRow(ServerShutdown.Fast)]
    public async Task Events_committed_right_after_a_restart_are_shown_once(ServerShutdown mode)
    {
        await using var database = await _server.CreateDatabaseAsync();
        await using var host = await ListeningHost.StartAsync(database.ConnectionString);
        var all = host.ObserveAll();
        var one = host.ObserveStream("a");
        var ids = new List<string> { await host.MarkAsync(all) };
        var states = host.ObserveStates();

        await _server.StopAsync(mode);
        await states.WaitForAsync("reconnecting", state => state.Status == ListenerStatus.Reconnecting);
        await _server.StartAgainAsync();
        ids.Add(await host.InsertAsync("a"));
        ids.Add(await host.InsertAsync("a"));

        await all.WaitForIdAsync(ids[^1]);
        await states.WaitUntilAsync("live again", items => items[^1].Status == ListenerStatus.Live && items.Count > 2);
        ids.Add(await host.MarkAsync(all, "a"));
        all.AssertExactly(ids);
        await one.WaitForIdAsync(ids[^1]);
        one.AssertExactly(ids.Skip(1));
    }

    [TestMethod]
    public async Task A_server_that_stays_away_through_many_attempts_is_listened_to_when_it_is_back()
    {
        await using var database = await _server.CreateDatabaseAsync();
        await using var host = await ListeningHost.StartAsync(database.ConnectionString);
        var all = host.ObserveAll();
        var ids = new List<string> { await host.MarkAsync(all) };
        var states = host.ObserveStates();

        await _server.StopAsync();
        await states.WaitForAsync("ten failed attempts", state => state.FailedAttempts >= 10);
        await _server.StartAgainAsync();
        ids.Add(await host.InsertAsync("a"));

        await states.WaitUntilAsync("live again", items => items[^1].Status == ListenerStatus.Live && items.Count > 10);
        await all.WaitForIdAsync(ids[^1]);
        ids.Add(await host.MarkAsync(all));
        all.AssertExactly(ids);
    }

    [TestMethod]
    public async Task A_host_starts_without_its_server_and_listens_once_that_is_there()
    {
        await using var database = await _server.CreateDatabaseAsync();
        await _server.StopAsync();

        var starting = Stopwatch.StartNew();
        await using var host = await ListeningHost.StartAsync(database.ConnectionString);
        Assert.IsLessThan(TimeSpan.FromSeconds(8), starting.Elapsed);
        Assert.AreEqual(ListenerStatus.Reconnecting, host.Store.ListenerState.Status);
        var all = host.ObserveAll();
        var states = host.ObserveStates();
        var subscribing = host.Store.SubscribeToStreamAsync("a", (_, _) => Task.CompletedTask);
        Assert.IsFalse(subscribing.IsCompleted);
        await _server.StartAgainAsync();

        await states.WaitForAsync("live", state => state.Status == ListenerStatus.Live);
        var id = await host.InsertAsync("a");
        await all.WaitForIdAsync(id);
        await using var subscription = await subscribing;
        all.AssertExactly([id]);
    }
}
