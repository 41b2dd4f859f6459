using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Notifications;

/// <summary>A connection that is lost is found out and replaced, and nobody misses or repeats anything.</summary>
[TestClass]
public sealed class ReconnectTests
{
    [TestMethod]
    [DataRow(16)]
    [DataRow(0)]
    public async Task Killing_the_listener_again_and_again_loses_and_repeats_nothing(int maxStreamChannels)
    {
        const int Writers = 4;
        const int Events = 500;
        await using var host = await ListeningHost.StartAsync(options => options.MaxStreamChannels = maxStreamChannels);
        var all = maxStreamChannels == 0 ? host.ObserveAll() : null;
        var observers = Enumerable.Range(0, Writers).Select(writer => host.ObserveStream($"writer-{writer}")).ToList();
        await host.AllInPlaceAsync();
        var states = host.ObserveStates();

        var writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(async writer =>
        {
            await using var connection = await host.ConnectAsync();
            var written = new List<string>();
            for (var number = 0; number < Events; number++)
            {
                written.Add(await connection.InsertAsync($"writer-{writer}"));
            }

            return written;
        }));
        for (var kills = 0; kills < 20;)
        {
            if (await host.KillListenerAsync())
            {
                kills++;
                await states.WaitUntilAsync(
                    "live again", items => items[^1].Status == ListenerStatus.Live && items.Count(s => s.Status == ListenerStatus.Reconnecting) >= kills);
            }
        }

        var ids = await writing;
        for (var writer = 0; writer < Writers; writer++)
        {
            await observers[writer].WaitForCountAsync(Events);
            var marker = await host.MarkAsync(observers[writer], $"writer-{writer}");
            observers[writer].AssertExactly([.. ids[writer], marker]);
        }

        if (all is not null)
        {
            await all.WaitForCountAsync(Writers * (Events + 1));
            all.AssertExactly([.. observers.SelectMany(observer => observer.Items.Select(item => item.Id))]);
        }
    }

    [TestMethod]
    public async Task The_states_tell_the_story_in_order()
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        await using var proxy = new TcpProxy(database.ConnectionString);
        await using var host = await ListeningHost.StartAsync(
            database.ConnectionString, options =>
            {
                options.ListenerConnectionString = proxy.ConnectionString;
                options.ReconnectInterval = TimeSpan.FromMilliseconds(500);
                options.MaxReconnectInterval = TimeSpan.FromMilliseconds(500);
            });
        var states = host.ObserveStates();
        var all = host.ObserveAll();
        await host.MarkAsync(all);

        proxy.Cut();
        await states.WaitForAsync("reconnecting", state => state.Status == ListenerStatus.Reconnecting);
        var missed = new[] { await host.InsertAsync("a"), await host.InsertAsync("a") };
        await all.WaitForIdAsync(missed[1]);
        await states.WaitUntilAsync("live again", items => items[^1].Status == ListenerStatus.Live && items.Count > 2);

        var versions = all.Items.Where(item => missed.Contains(item.Id)).Select(item => item.Version).ToList();
        CollectionAssert.AreEqual(
            new[] { ListenerStatus.Live, ListenerStatus.Reconnecting, ListenerStatus.Replayed, ListenerStatus.Live },
            states.Items.Select(state => state.Status).ToArray());
        Assert.AreEqual((versions[0], versions[1]), states.Items[2].Replayed);
        Assert.IsNotNull(states.Items[1].Reason);
        Assert.IsNotNull(states.Items[1].RetryIn);
        await host.StopAsync();
        Assert.IsNull(await states.EndAsync());
        Assert.AreEqual(ListenerStatus.Stopped, states.Items[^1].Status);
    }

    [TestMethod]
    [DataRow(true, DisplayName = "a listener's connection string")]
    [DataRow(false, DisplayName = "a connection borrowed from a data source")]
    public async Task A_cut_and_a_silent_socket_are_noticed(bool ownConnection)
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        await using var proxy = new TcpProxy(database.ConnectionString);

        // The store reads through the same wire: its silent connections are found out by the data source's own timeout.
        await using var source = Npgsql.NpgsqlDataSource.Create(proxy.ConnectionString + ";Command Timeout=1");
        await using var host = await ListeningHost.StartAsync(database.ConnectionString, options =>
        {
            options.NotificationTimeout = TimeSpan.FromSeconds(2);
            if (ownConnection)
            {
                options.ListenerConnectionString = proxy.ConnectionString;
            }
            else
            {
                (options.ConnectionString, options.DataSource) = (null, source);
            }
        });
        var states = host.ObserveStates();
        var all = host.ObserveAll();
        var ids = new List<string> { await host.MarkAsync(all) };

        proxy.Cut();
        ids.Add(await host.InsertAsync("a"));
        await all.WaitForIdAsync(ids[^1]);
        await states.WaitUntilAsync("live again", items => items[^1].Status == ListenerStatus.Live && items.Count > 2);

        proxy.Silence();
        var noticed = System.Diagnostics.Stopwatch.StartNew();
        ids.Add(await host.InsertAsync("a"));
        await all.WaitForIdAsync(ids[^1]);

        // Twice KeepAlive, which is half of NotificationTimeout; a borrowed connection's probe takes Npgsql's 2 seconds to give up cancelling
        // on top, and the pool may hold more silent connections. And some room for a busy machine.
        Assert.IsLessThan(TimeSpan.FromSeconds(ownConnection ? 5 : 12), noticed.Elapsed);
        all.AssertExactly(ids);
    }

    [TestMethod]
    public async Task Giving_up_is_told_to_the_observers_and_leaves_the_host_alive()
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        var proxy = new TcpProxy(database.ConnectionString);
        await using var host = await ListeningHost.StartAsync(database.ConnectionString, options =>
        {
            options.ListenerConnectionString = proxy.ConnectionString;
            options.MaxReconnectAttempts = 3;
        });
        var states = host.ObserveStates();
        var all = host.ObserveAll();
        var marker = await host.MarkAsync(all);

        await proxy.DisposeAsync();

        Assert.IsInstanceOfType<EventStoreException>(await all.EndAsync());
        await states.WaitForAsync("failed", state => state.Status == ListenerStatus.Failed);
        Assert.IsNotNull(host.Store.ListenerState.Reason);
        var late = host.ObserveAll();
        Assert.IsInstanceOfType<EventStoreException>(await late.EndAsync());
        await Assert.ThrowsAsync<EventStoreException>(() => host.Store.SubscribeToAllAsync((_, _) => Task.CompletedTask));
        await host.AppendAsync("a");
        all.AssertExactly([marker]);
        Assert.IsFalse(host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested);
    }

    [TestMethod]
    public async Task Giving_up_stops_the_host_where_that_is_asked_for()
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        var proxy = new TcpProxy(database.ConnectionString);
        await using var host = await ListeningHost.StartAsync(database.ConnectionString, options =>
        {
            options.ListenerConnectionString = proxy.ConnectionString;
            options.MaxReconnectAttempts = 2;
            options.StopHostWhenListenerFails = true;
        });
        var stopping = new TaskCompletionSource();
        using var onStop = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(stopping.SetResult);
        Assert.IsFalse(stopping.Task.IsCompleted);

        await proxy.DisposeAsync();

        await stopping.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.AreEqual(ListenerStatus.Failed, host.Store.ListenerState.Status);
        Assert.Contains(line => line.StartsWith("Critical 215", StringComparison.Ordinal), host.Log.Items);
    }

    [TestMethod]
    public async Task A_host_starts_without_a_schema_and_listens_once_it_is_there()
    {
        await using var database = await (await TestServer.GetAsync()).CreateEmptyDatabaseAsync();
        await using var host = await ListeningHost.StartAsync(database.ConnectionString).WaitAsync(TimeSpan.FromSeconds(15));
        Assert.AreNotEqual(ListenerStatus.Live, host.Store.ListenerState.Status);
        var states = host.ObserveStates();
        var all = host.ObserveAll();

        await EventStoreSchema.MigrateAsync(database.ConnectionString);
        TestRoles.GrantAfterMigration(database.ConnectionString);

        await states.WaitForAsync("live", state => state.Status == ListenerStatus.Live);
        await host.InsertAsync("a", "first");
        await all.WaitForIdAsync("first");
    }

    [TestMethod]
    public async Task A_log_that_could_not_be_read_for_a_while_is_live_again_when_it_can()
    {
        await using var host = await ListeningHost.StartAsync(options =>
        {
            options.CommandTimeout = TimeSpan.FromSeconds(1);
            options.PollInterval = TimeSpan.FromMilliseconds(100);
        });
        var all = host.ObserveAll();
        await host.MarkAsync(all);
        var states = host.ObserveStates();
        await using var locker = await host.ConnectAsync();
        await using (var transaction = await locker.BeginTransactionAsync())
        {
            await locker.RunAsync("LOCK TABLE events IN ACCESS EXCLUSIVE MODE");
            await states.WaitForAsync("reconnecting", state => state.Status == ListenerStatus.Reconnecting);
            await transaction.CommitAsync();
        }

        await states.WaitUntilAsync("live again", items => items[^1].Status == ListenerStatus.Live && items.Count > 2);
    }

    [TestMethod]
    public async Task Failed_stays_failed_whatever_the_poll_finds()
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        var proxy = new TcpProxy(database.ConnectionString);
        await using var host = await ListeningHost.StartAsync(database.ConnectionString, options =>
        {
            options.ListenerConnectionString = proxy.ConnectionString;
            options.MaxReconnectAttempts = 1;
            options.CommandTimeout = TimeSpan.FromSeconds(1);
            options.PollInterval = TimeSpan.FromMilliseconds(100);
        });
        var all = host.ObserveAll();
        await proxy.DisposeAsync();
        await all.EndAsync();

        await using var locker = await host.ConnectAsync();
        await using (var transaction = await locker.BeginTransactionAsync())
        {
            await locker.RunAsync("LOCK TABLE events IN ACCESS EXCLUSIVE MODE");
            await host.Log.WaitForAsync("a failed read", line => line.StartsWith("Warning 205", StringComparison.Ordinal));
            Assert.AreEqual(ListenerStatus.Failed, host.Store.ListenerState.Status);
            await transaction.CommitAsync();
        }

        Assert.AreEqual(ListenerStatus.Failed, host.Store.ListenerState.Status);
    }
}
