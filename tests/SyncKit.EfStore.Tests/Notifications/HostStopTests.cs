using Microsoft.Extensions.DependencyInjection;

namespace SyncKit.EfStore.Tests.Notifications;

/// <summary>A host that stops tells its observers, and leaves nothing behind.</summary>
[TestClass]
public sealed class HostStopTests
{
    [TestMethod]
    public async Task Each_observer_gets_what_waits_and_is_completed_once()
    {
        await using var host = await ListeningHost.StartAsync();
        var all = host.ObserveAll();
        var slow = host.ObserveAll(_ => Thread.SpinWait(10_000));
        var one = host.ObserveStream("a");
        await host.Store.AppendAsync(Sample.Events("a", 200), ExpectedVersion.NoStream);
        await host.MarkAsync(all, "a");

        await host.StopAsync();
        await host.Store.DisposeAsync();

        foreach (var observer in new[] { all, slow, one })
        {
            Assert.IsNull(await observer.EndAsync());
            Assert.IsEmpty(observer.Violations);
            Assert.HasCount(201, observer.Items);
        }

        var late = host.ObserveAll();
        Assert.IsNull(await late.EndAsync());
        Assert.AreEqual(ListenerStatus.Stopped, host.Store.ListenerState.Status);
    }

    [TestMethod]
    public async Task No_session_is_left()
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        var host = await ListeningHost.StartAsync(database.ConnectionString);
        var all = host.ObserveAll();
        await using var subscription = await host.Store.SubscribeToAllAsync((_, _) => Task.CompletedTask, since: EventVersion.Zero);
        await host.MarkAsync(all);

        await host.EndAsync();

        await AssertNoSessionAsync(database.ConnectionString);
    }

    [TestMethod]
    public async Task Starting_and_stopping_again_and_again_leaves_nothing_behind()
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();

        for (var turn = 0; turn < 20; turn++)
        {
            var host = await ListeningHost.StartAsync(database.ConnectionString);
            var all = host.ObserveAll();
            if (turn % 2 == 0)
            {
                await host.MarkAsync(all);
            }

            await host.EndAsync();
            Assert.IsNull(await all.EndAsync());
            Assert.IsEmpty(all.Violations);
        }

        await AssertNoSessionAsync(database.ConnectionString);
    }

    [TestMethod]
    public async Task A_container_may_be_disposed_synchronously()
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        Collector<EventNotification> seen = new();
        using (var services = new ServiceCollection().AddPostgresEventStore(database.ConnectionString).Services.BuildServiceProvider())
        {
            var store = services.GetRequiredService<IRealtimeEventStore>();
            store.ObserveAll().Subscribe(seen);
            var given = Sample.Event("a");
            await store.StoreAsync(given);
            await seen.WaitForIdAsync(given.Id);
        }

        Assert.IsNull(await seen.EndAsync());
        await AssertNoSessionAsync(database.ConnectionString);
    }

    [TestMethod]
    public async Task An_observer_that_stops_the_store_from_within_OnNext_is_completed()
    {
        await using var host = await ListeningHost.StartAsync();
        Task? stopping = null;
        var all = host.ObserveAll(_ => stopping = host.Store.DisposeAsync().AsTask());

        await host.AppendAsync("a");

        Assert.IsNull(await all.EndAsync());
        await stopping!;
    }

    /// <summary>Sessions end a moment after their sockets: asked again until none is left.</summary>
    private static async Task AssertNoSessionAsync(string connectionString)
    {
        await using var connection = await RawSql.ConnectAsync(connectionString);
        await connection.RunAsync("SET application_name = 'the test'");
        for (var turn = 0; ; turn++)
        {
            var left = await connection.ColumnAsync<string>(
                "SELECT application_name || ': ' || query FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
            if (left.Count == 0)
            {
                return;
            }

            Assert.IsLessThan(200, turn, $"Still there: {string.Join("; ", left)}");
            await connection.RunAsync("SELECT pg_sleep(0.02)");
        }
    }
}
