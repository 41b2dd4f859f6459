using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Notifications;

/// <summary>Observers come and go at any time: what is committed after they came, and only that.</summary>
[TestClass]
public sealed class JoiningTests
{
    [TestMethod]
    [DataRow(16)]
    [DataRow(0)]
    public async Task Who_subscribes_right_before_an_append_sees_it(int maxStreamChannels)
    {
        await using var host = await ListeningHost.StartAsync(options => options.MaxStreamChannels = maxStreamChannels);

        for (var number = 0; number < 200; number++)
        {
            var stream = string.Create(CultureInfo.InvariantCulture, $"new-{number}");
            var seen = new Collector<EventNotification>();
            using var subscription = host.Store.ObserveStream(stream).Subscribe(seen);
            var id = await host.AppendAsync(stream);
            await seen.WaitForIdAsync(id);
            seen.AssertExactly([id]);
        }
    }

    [TestMethod]
    public async Task Who_subscribes_a_handler_right_before_an_append_gets_it()
    {
        await using var host = await ListeningHost.StartAsync();

        for (var number = 0; number < 100; number++)
        {
            var stream = string.Create(CultureInfo.InvariantCulture, $"new-{number}");
            var handled = new Collector<StoredEvent>();
            await using var subscription = await host.Store.SubscribeToStreamAsync(stream, Handler.Into(handled));
            var id = await host.InsertAsync(stream);
            await handled.WaitForAsync(id, stored => stored.Id == id);
            handled.AssertExactly([id]);
        }
    }

    [TestMethod]
    public async Task Many_subscribe_and_append_at_once()
    {
        await using var host = await ListeningHost.StartAsync(options => options.MaxStreamChannels = 4);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async writer =>
        {
            for (var number = 0; number < 25; number++)
            {
                var stream = string.Create(CultureInfo.InvariantCulture, $"new-{writer}-{number}");
                var seen = new Collector<EventNotification>();
                using var subscription = host.Store.ObserveStream(stream).Subscribe(seen);
                var id = await host.AppendAsync(stream);
                await seen.WaitForIdAsync(id);
            }
        }));
    }

    [TestMethod]
    public async Task Who_joins_later_sees_nothing_old_on_the_global_channel()
    {
        await using var host = await ListeningHost.StartAsync();
        var first = host.ObserveAll();
        await host.InsertAsync("a", "old");
        await first.WaitForIdAsync("old");

        var late = host.ObserveAll();
        var lateOne = host.ObserveStream("a");
        await host.InsertAsync("a", "new");
        await late.WaitForIdAsync("new");
        await lateOne.WaitForIdAsync("new");
        await host.KillListenerAsync();
        var marker = await host.MarkAsync(late, "a");
        await lateOne.WaitForIdAsync(marker);

        late.AssertExactly(["new", marker]);
        lateOne.AssertExactly(["new", marker]);
    }

    [TestMethod]
    public async Task Who_joins_later_sees_nothing_old_where_only_stream_channels_were_listened_to()
    {
        await using var host = await ListeningHost.StartAsync();
        var one = host.ObserveStream("a");
        await host.AllInPlaceAsync();
        await AssertListensToAsync(host, "UNLISTEN \"events_global\"");
        await host.InsertAsync("b", "old b");
        await host.InsertAsync("a", "old a");
        await one.WaitForIdAsync("old a");

        var all = host.ObserveAll();
        var other = host.ObserveStream("b");
        await host.AllInPlaceAsync();
        await AssertListensToAsync(host, "UNLISTEN \"stream_a\"");
        await host.InsertAsync("b", "new b");
        await host.InsertAsync("a", "new a");

        await all.WaitForIdAsync("new a");
        all.AssertExactly(["new b", "new a"]);
        await other.WaitForIdAsync("new b");
        other.AssertExactly(["new b"]);
        await one.WaitForIdAsync("new a");
        one.AssertExactly(["old a", "new a"]);
    }

    /// <summary>
    /// Between LISTEN on more channels and the read of what those had brought before, a second one joins: what is old is not news to it either.
    /// </summary>
    [TestMethod]
    public async Task Who_joins_while_another_joins_sees_nothing_old()
    {
        await using var host = await ListeningHost.StartAsync();
        host.ObserveStream("a");
        await host.AllInPlaceAsync();
        await host.InsertAsync("b", "old");
        await using var locker = await host.ConnectAsync();
        await using var connection = await host.ConnectAsync();
        await using var transaction = await locker.BeginTransactionAsync();
        await locker.RunAsync("LOCK TABLE events IN ACCESS EXCLUSIVE MODE"); // holds up the read

        var first = host.ObserveAll();
        await connection.SomeoneWaitsAsync();
        var second = host.ObserveAll();
        await transaction.CommitAsync();

        await host.AllInPlaceAsync();
        await host.InsertAsync("b", "new");
        await first.WaitForIdAsync("new");
        await second.WaitForIdAsync("new");
        first.AssertExactly(["new"]);
        second.AssertExactly(["new"]);
    }

    /// <summary>An observer that comes while its channel is being left is listened for all the same.</summary>
    [TestMethod]
    public async Task Who_joins_while_his_channel_is_being_left_sees_every_event()
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        await using var proxy = new TcpProxy(database.ConnectionString);
        await using var host = await ListeningHost.StartAsync(
            database.ConnectionString, options => options.ListenerConnectionString = proxy.ConnectionString);
        host.ObserveStream("a");
        var leaving = host.Store.ObserveStream("b").Subscribe(new Collector<EventNotification>());
        await host.AllInPlaceAsync();
        await host.InsertAsync("marker");

        var held = proxy.HoldAnswers();
        leaving.Dispose();
        await held; // the server has done UNLISTEN; the process does not know yet
        var joined = host.ObserveStream("b");
        proxy.ReleaseAnswers();

        for (var number = 0; number < 3; number++)
        {
            var id = await host.InsertAsync("b");
            await joined.WaitForIdAsync(id);
        }
    }

    [TestMethod]
    [DataRow("a", DisplayName = "an observed stream")]
    [DataRow("b", DisplayName = "a stream nobody observed")]
    public async Task Who_joins_while_the_connection_is_lost_sees_what_is_committed_after_that(string stream)
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
        host.ObserveStream("a");
        await host.AllInPlaceAsync();
        proxy.Cut();
        await states.WaitForAsync("reconnecting", state => state.Status == ListenerStatus.Reconnecting);

        var joined = host.ObserveStream(stream);
        await host.InsertAsync(stream, "while lost");
        await states.WaitUntilAsync("live again", items => items[^1].Status == ListenerStatus.Live && items.Count(s => s.Status == ListenerStatus.Live) > 1);
        await host.AllInPlaceAsync();
        await host.InsertAsync(stream, "after");

        await joined.WaitForIdAsync("after");
        joined.AssertExactly(["while lost", "after"]);
    }

    [TestMethod]
    public async Task Crossing_from_stream_channels_to_the_global_one_and_back_loses_and_repeats_nothing()
    {
        const int Writers = 4;
        const int Events = 150;
        await using var host = await ListeningHost.StartAsync(options => options.MaxStreamChannels = Writers + 1);
        var observers = Enumerable.Range(0, Writers).Select(writer => host.ObserveStream(Stream(writer))).ToList();
        await host.AllInPlaceAsync();
        using var writing = new CancellationTokenSource();

        var crossing = Task.Run(async () =>
        {
            for (var turn = 0; !writing.IsCancellationRequested; turn++)
            {
                var extra = Enumerable.Range(0, 3).Select(number => string.Create(CultureInfo.InvariantCulture, $"extra-{number}"))
                    .Select(stream => host.Store.ObserveStream(stream).Subscribe(new Collector<EventNotification>())).ToList();
                var all = turn % 3 == 0 ? host.Store.ObserveAll().Subscribe(new Collector<EventNotification>()) : null;
                if (turn % 2 == 0)
                {
                    await host.AllInPlaceAsync();
                }

                extra.ForEach(subscription => subscription.Dispose());
                all?.Dispose();
            }
        });
        var ids = await Task.WhenAll(Enumerable.Range(0, Writers).Select(async writer =>
        {
            await using var connection = await host.ConnectAsync();
            var written = new List<string>();
            for (var number = 0; number < Events; number++)
            {
                written.Add(number % 2 == 0 ? await connection.InsertAsync(Stream(writer)) : await host.AppendAsync(Stream(writer)));
            }

            return written;
        }));
        await writing.CancelAsync();
        await crossing;

        for (var writer = 0; writer < Writers; writer++)
        {
            await observers[writer].WaitForCountAsync(Events);
            await host.MarkAsync(observers[writer], Stream(writer));
            observers[writer].AssertExactly([.. ids[writer], observers[writer].Items[^1].Id]);
        }

        static string Stream(int writer) => string.Create(CultureInfo.InvariantCulture, $"writer-{writer}");
    }

    [TestMethod]
    public async Task Who_has_left_sees_nothing()
    {
        await using var host = await ListeningHost.StartAsync();
        var stays = host.ObserveAll();
        var leaves = new Collector<EventNotification>();
        var subscription = host.Store.ObserveAll().Subscribe(leaves);
        var seen = await host.MarkAsync(stays);
        await leaves.WaitForIdAsync(seen);

        subscription.Dispose();
        subscription.Dispose();
        await host.MarkAsync(stays);

        leaves.AssertExactly([seen]);
        await host.StopAsync();
        Assert.IsNull(await stays.EndAsync());
        leaves.AssertExactly([seen]);
    }

    [TestMethod]
    public async Task An_observer_may_leave_from_within_OnNext()
    {
        await using var host = await ListeningHost.StartAsync();
        var stays = host.ObserveAll();
        IDisposable? subscription = null;
        var leaves = new Collector<EventNotification>(notification =>
        {
            if (notification.StreamVersion == 2)
            {
                subscription!.Dispose();
            }
        });
        subscription = host.Store.ObserveStream("a").Subscribe(leaves);

        await host.Store.AppendAsync(Sample.Events("a", 5), ExpectedVersion.NoStream);
        await host.MarkAsync(stays, "a");

        await leaves.WaitForCountAsync(2);
        await host.MarkAsync(stays, "a");
        Assert.HasCount(2, leaves.Items);
    }

    [TestMethod]
    public async Task Nobody_need_start_a_host()
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        await using var services = new ServiceCollection().AddPostgresEventStore(database.ConnectionString).Services.BuildServiceProvider();
        var store = services.GetRequiredService<IRealtimeEventStore>();
        var seen = new Collector<EventNotification>();
        store.ObserveStream("a").Subscribe(seen);

        var given = Sample.Event("a");
        await store.StoreAsync(given);

        await seen.WaitForIdAsync(given.Id);
    }

    private static async Task AssertListensToAsync(ListeningHost host, string lastStatement)
    {
        await using var connection = await host.ConnectAsync();
        Assert.AreEqual(lastStatement, await connection.ScalarAsync<string>(
            "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1", ListeningHost.ListenerName));
    }
}
