using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SyncKit.EfStore.Cli.Hosting;
using SyncKit.EfStore.Notifications;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Tests.Notifications;

/// <summary>A listener that hears nothing says so and why, and its observers get their events all the same.</summary>
[TestClass]
public sealed class SelfTestTests
{
    [TestMethod]
    public async Task The_tool_works_through_a_pooler_that_mixes_up_prepared_statements()
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        await using var pooler = await PgBouncer.StartAsync(database.ConnectionString, "transaction");
        for (var run = 0; run < 3; run++)
        {
            await using var tool = StoreHost.Build(pooler.ConnectionString);
            for (var times = 0; times < 20; times++)
            {
                await tool.Store.GetLatestVersionAsync();
            }
        }
    }

    [TestMethod]
    public async Task A_pooler_that_loses_listen_is_named_and_a_mended_one_is_noticed()
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        await using var pooler = await PgBouncer.StartAsync(database.ConnectionString, "transaction");
        await using var host = await ListeningHost.StartAsync(pooler.ConnectionString, options => options.EnablePreparedStatements = false);

        var states = host.ObserveStates();
        Assert.AreEqual(ListenerStatus.Degraded, host.Store.ListenerState.Status);
        Assert.Contains("connection pooler", host.Store.ListenerState.Reason!);
        Assert.Contains("direct ListenerConnectionString", host.Store.ListenerState.Reason!);
        Assert.AreEqual(1, host.Log.Items.Count(line => line.StartsWith("Warning 210", StringComparison.Ordinal)));
        var all = host.ObserveAll();
        var one = host.ObserveStream("a");
        await host.AllInPlaceAsync();
        await using var direct = await RawSql.ConnectAsync(database.ConnectionString);
        var ids = new List<string> { await host.AppendAsync("a"), await direct.InsertAsync("a"), await direct.InsertAsync("a") };
        await all.WaitForIdAsync(ids[^1]);
        await one.WaitForIdAsync(ids[^1]);

        await pooler.ChangeModeAsync("session");
        await states.WaitForAsync("live", state => state.Status == ListenerStatus.Live);

        // The poll is an hour away again.
        ids.Add(await direct.InsertAsync("a"));
        await all.WaitForIdAsync(ids[^1]);
        await one.WaitForIdAsync(ids[^1]);
        all.AssertExactly(ids);
        one.AssertExactly(ids);
        Assert.DoesNotContain(state => state.Status == ListenerStatus.Reconnecting, states.Items);
    }

    [TestMethod]
    public async Task With_a_direct_listener_a_store_behind_a_pooler_is_live()
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        await using var pooler = await PgBouncer.StartAsync(database.ConnectionString, "transaction");
        await using var host = await ListeningHost.StartAsync(pooler.ConnectionString, options =>
        {
            options.EnablePreparedStatements = false;
            options.ListenerConnectionString = database.ConnectionString;
        });
        var all = host.ObserveAll();
        await host.AllInPlaceAsync();

        Assert.AreEqual(ListenerStatus.Live, host.Store.ListenerState.Status);
        await using var direct = await RawSql.ConnectAsync(database.ConnectionString);
        var id = await direct.InsertAsync("a");
        await all.WaitForIdAsync(id);
        all.AssertExactly([id, await host.MarkAsync(all)]);
    }

    [TestMethod]
    public async Task A_listener_in_another_database_is_named()
    {
        await using var other = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        await using var host = await ListeningHost.StartAsync(options => options.ListenerConnectionString = other.ConnectionString);
        var all = host.ObserveAll();
        await host.AllInPlaceAsync();

        Assert.AreEqual(ListenerStatus.Degraded, host.Store.ListenerState.Status);
        Assert.Contains("same server and database", host.Store.ListenerState.Reason!);
        var id = await host.InsertAsync("a");
        await all.WaitForIdAsync(id);
        all.AssertExactly([id]);
    }

    [TestMethod]
    public async Task A_probe_that_cannot_be_sent_breaks_no_healthy_listener()
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        var connectionString = new NpgsqlConnectionStringBuilder(database.ConnectionString) { MaxPoolSize = 1, Timeout = 1 }.ConnectionString;
        await using var host = await ListeningHost.StartAsync(connectionString);
        var connections = host.Services.GetRequiredService<EventStoreConnections>();
        var test = new ListenerSelfTest(connections, TimeProvider.System);
        await using var listening = await host.ConnectAsync();
        listening.Notification += (_, notification) => test.Takes(notification.Channel, notification.Payload);
        await listening.RunAsync($"LISTEN {test.Channel}");
        using var stopping = new CancellationTokenSource();
        var found = new Collector<SelfTestResult>();

        Task running;
        await using (await connections.OpenAsync(CancellationToken.None))
        {
            running = test.RunAsync(found.OnNext, _ => throw new AssertFailedException("What was not sent says nothing about the listener."), stopping.Token);
            await found.WaitUntilAsync("a first result", items => items.Count == 1);
        }

        while (found.Items.Count == 1)
        {
            await listening.WaitAsync(TimeSpan.FromMilliseconds(100));
        }

        CollectionAssert.AreEqual(new[] { SelfTestResult.Unknown, SelfTestResult.Heard }, found.Items.ToArray());
        await running.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [TestMethod]
    public async Task A_listener_that_reads_late_is_not_isolated()
    {
        await using var host = await ListeningHost.StartAsync();
        var test = new ListenerSelfTest(host.Services.GetRequiredService<EventStoreConnections>(), TimeProvider.System);
        await using var listening = await host.ConnectAsync();
        listening.Notification += (_, notification) => test.Takes(notification.Channel, notification.Payload);
        await listening.RunAsync($"LISTEN {test.Channel}");
        var found = new Collector<SelfTestResult>();

        // Nobody reads from the connection until it is asked to answer.
        await test.RunAsync(found.OnNext, _ => listening.RunAsync("SELECT 1"), CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60));

        CollectionAssert.AreEqual(new[] { SelfTestResult.Heard }, found.Items.ToArray());
    }

    [TestMethod]
    public async Task Nobody_else_is_bothered_by_probes()
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        await using var foreign = await RawListener.StartAsync(database.ConnectionString, "events_global", "synckit_probe");

        await using var host = await ListeningHost.StartAsync(database.ConnectionString);
        await host.KillListenerAsync();
        await host.ObserveStates().WaitForAsync("live", state => state.Status == ListenerStatus.Live);

        Assert.IsEmpty(await foreign.DrainAsync());
    }

    [TestMethod]
    public async Task A_first_observer_within_a_TransactionScope_lends_it_to_nobody()
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        await using var services = new ServiceCollection().AddPostgresEventStore(database.ConnectionString).Services.BuildServiceProvider();
        var store = services.GetRequiredService<IRealtimeEventStore>();
        var (seen, states) = (new Collector<EventNotification>(), new Collector<ListenerState>());
        await using var connection = await RawSql.ConnectAsync(database.ConnectionString + ";Enlist=false");

        using (new System.Transactions.TransactionScope(System.Transactions.TransactionScopeAsyncFlowOption.Enabled))
        {
            store.ObserveAll().Subscribe(seen);
            store.ListenerStates.Subscribe(states);
            await states.WaitForAsync("live or worse", state => state.Status is not (ListenerStatus.Stopped or ListenerStatus.Connecting));
        }

        Assert.AreEqual(ListenerStatus.Live, store.ListenerState.Status);
        var id = await connection.InsertAsync("a");
        await seen.WaitForIdAsync(id);
    }
}
