using SyncKit.EfStore.Tests.Notifications;

namespace SyncKit.EfStore.Tests.Subscriptions;

/// <summary>Reading from a version on without an end, as an IAsyncEnumerable and as an observable.</summary>
[TestClass]
public sealed class SubscribeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [TestMethod]
    public async Task Stored_events_come_first_and_new_ones_without_a_poll()
    {
        await using var host = await ListeningHost.StartAsync(options => options.BatchSize = 3);
        var stored = await host.Store.AppendAsync(Sample.Events("a", 10), ExpectedVersion.NoStream);
        await using var events = host.Store.SubscribeAsync(stored.Events[1].Version).GetAsyncEnumerator();

        for (var number = 3; number <= 10; number++)
        {
            Assert.AreEqual(number, (await NextAsync(events)).StreamVersion);
        }

        for (var turn = 0; turn < 5; turn++)
        {
            var next = events.MoveNextAsync().AsTask();
            Assert.IsFalse(next.IsCompleted);
            var id = await host.InsertAsync("b");
            Assert.IsTrue(await next.WaitAsync(Patience));
            Assert.AreEqual(id, events.Current.Id);
        }
    }

    [TestMethod]
    public async Task Every_reader_gets_every_event_once_in_version_order_while_eight_write_and_some_hang_or_roll_back()
    {
        const int Writers = 8;
        await using var host = await ListeningHost.StartAsync(options =>
        {
            options.BatchSize = 50;
            options.PollInterval = TimeSpan.FromMilliseconds(500);
        });
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(() => ReadUntilAsync(host.Store, "the end", Patience))).ToList();

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async writer =>
        {
            await using var connection = await host.ConnectAsync();
            for (var number = 0; number < 100; number++)
            {
                await using var transaction = await connection.BeginTransactionAsync();
                await connection.InsertAsync($"writer-{writer}");
                if (number % 10 == 0)
                {
                    await connection.RunAsync("SELECT pg_sleep(0.02)");
                }

                await (number % 7 == 0 ? transaction.RollbackAsync() : transaction.CommitAsync());
            }
        }));
        await host.InsertAsync("end", "the end");

        await using var check = await host.ConnectAsync();
        var log = await check.ColumnAsync<long>("SELECT version FROM events ORDER BY version");
        foreach (var reader in readers)
        {
            CollectionAssert.AreEqual(log, (await reader).Select(stored => stored.Version.Value).ToList());
        }
    }

    [TestMethod]
    public async Task A_filter_picks_streams_by_their_exact_beginning_and_types()
    {
        await using var host = await ListeningHost.StartAsync(options => options.BatchSize = 2);
        string[] streams = ["order-1", "order-2", "Order-3", "order%", "order_", "orde", "order-é", "x-order-1"];
        foreach (var stream in streams)
        {
            await host.AppendAsync(stream, "Placed");
            await host.AppendAsync(stream, "Paid");
            await host.AppendAsync(stream, "Shipped");
        }

        await host.AppendAsync("order-end", "Paid");
        var read = await ReadAsync(new SubscriptionFilter { AggregateIdPrefix = "order-", EventTypes = ["Paid", "Shipped"] }, 7);
        Assert.AreEqual(
            "order-1 order-1 order-2 order-2 order-é order-é order-end", string.Join(' ', read.Select(stored => stored.AggregateId)));
        Assert.IsTrue(read.All(stored => stored.EventType is "Paid" or "Shipped"));

        foreach (var exact in (string[])["order%", "order_"])
        {
            var found = await ReadAsync(new SubscriptionFilter { AggregateIdPrefix = exact }, 3);
            Assert.IsTrue(found.All(stored => stored.AggregateId == exact));
        }

        var shipped = await ReadAsync(new SubscriptionFilter { AggregateId = "orde", EventTypes = ["Shipped"] }, 1);
        Assert.AreEqual(("orde", "Shipped"), (shipped[0].AggregateId, shipped[0].EventType));

        async Task<List<StoredEvent>> ReadAsync(SubscriptionFilter filter, int count)
        {
            using var patience = new CancellationTokenSource(Patience);
            return await host.Store.SubscribeAsync(EventVersion.Zero, filter, patience.Token).Take(count).ToListAsync();
        }
    }

    [TestMethod]
    public async Task An_impossible_filter_is_refused_at_once()
    {
        await using var host = await ListeningHost.StartAsync();

        Assert.ThrowsExactly<InvalidInputException>(() => host.Store.SubscribeAsync(default, new SubscriptionFilter { AggregateIdPrefix = "a\0" }));
        Assert.ThrowsExactly<InvalidInputException>(() => host.Store.ObserveEvents(default, new SubscriptionFilter { EventTypes = [""] }));
    }

    [TestMethod]
    public async Task Reading_survives_that_all_connections_are_killed()
    {
        await using var host = await ListeningHost.StartAsync(options =>
        {
            options.BatchSize = 1;
            options.PollInterval = TimeSpan.FromMilliseconds(200);
        });
        await host.Store.AppendAsync(Sample.Events("a", 20), ExpectedVersion.NoStream);
        await using var events = host.Store.SubscribeAsync(EventVersion.Zero).GetAsyncEnumerator();
        for (var number = 1; number <= 30; number++)
        {
            if (number > 20)
            {
                await host.InsertAsync("a");
            }

            if (number % 5 == 0)
            {
                await using var connection = await host.ConnectAsync();
                await connection.RunAsync(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
            }

            Assert.AreEqual(number, (await NextAsync(events)).StreamVersion);
        }
    }

    [TestMethod]
    public async Task Without_a_schema_the_reader_is_told()
    {
        await using var database = await (await TestServer.GetAsync()).CreateEmptyDatabaseAsync();
        await using var store = new TestStore(database.ConnectionString);
        var realtime = (IRealtimeEventStore)store.Events;

        var error = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(
            async () => await realtime.SubscribeAsync(EventVersion.Zero).FirstAsync());
        Assert.AreEqual(UnavailableReason.SchemaMissing, error.Reason);

        var observed = new Collector<StoredEvent>();
        using var subscription = realtime.ObserveEvents(EventVersion.Zero).Subscribe(observed);
        Assert.IsInstanceOfType<EventStoreUnavailableException>(await observed.EndAsync());
    }

    [TestMethod]
    public async Task Each_observer_reads_for_itself_until_it_is_disposed()
    {
        await using var host = await ListeningHost.StartAsync(options => options.BatchSize = 4);
        await host.Store.AppendAsync(Sample.Events("a", 10), ExpectedVersion.NoStream);
        var observable = host.Store.ObserveEvents(EventVersion.Zero, new SubscriptionFilter { AggregateId = "a" });
        var first = new Collector<StoredEvent>();
        var second = new Collector<StoredEvent>();

        var ended = observable.Subscribe(first);
        await first.WaitUntilAsync("10 events", items => items.Count >= 10);
        ended.Dispose();
        using var goesOn = observable.Subscribe(second);
        await host.AppendAsync("a");
        await second.WaitUntilAsync("11 events", items => items.Count >= 11);

        CollectionAssert.AreEqual(Enumerable.Range(1, 11).Select(n => (long)n).ToArray(), second.Items.Select(e => e.StreamVersion).ToArray());
        Assert.HasCount(10, first.Items);
        Assert.IsEmpty(second.Violations);
    }

    private static async Task<StoredEvent> NextAsync(IAsyncEnumerator<StoredEvent> events)
    {
        Assert.IsTrue(await events.MoveNextAsync().AsTask().WaitAsync(Patience));
        return events.Current;
    }

    private static async Task<List<StoredEvent>> ReadUntilAsync(IRealtimeEventStore store, string id, TimeSpan patience)
    {
        using var atMost = new CancellationTokenSource(patience);
        var read = new List<StoredEvent>();
        await foreach (var stored in store.SubscribeAsync(EventVersion.Zero, cancellationToken: atMost.Token))
        {
            read.Add(stored);
            if (stored.Id == id)
            {
                break;
            }
        }

        return read;
    }
}
