namespace SyncKit.EfStore.Tests.Notifications;

/// <summary>A slow or throwing observer is nobody else's concern, and misses nothing itself.</summary>
[TestClass]
public sealed class ObserverIsolationTests
{
    [TestMethod]
    [DataRow(10)]
    [DataRow(1)]
    public async Task A_blocked_observer_holds_up_nobody_and_gets_everything_later(int capacity)
    {
        await using var host = await ListeningHost.StartAsync(options => options.ObserverQueueCapacity = capacity);
        using var released = new ManualResetEventSlim();
        var blocked = host.ObserveAll(_ => released.Wait());
        var free = host.ObserveAll();

        var ids = new List<string>();
        for (var number = 0; number < 300; number++)
        {
            ids.Add(await host.AppendAsync(number % 3 == 0 ? "a" : "b"));
        }

        await free.WaitForIdAsync(ids[^1]);
        Assert.HasCount(1, blocked.Items);
        released.Set();
        await blocked.WaitForIdAsync(ids[^1]);
        ids.Add(await host.MarkAsync(blocked));
        ids.AddRange([await host.AppendAsync("a"), await host.MarkAsync(blocked)]);
        await free.WaitForIdAsync(ids[^1]);

        blocked.AssertExactly(ids);
        free.AssertExactly(ids);
    }

    [TestMethod]
    public async Task A_slow_observer_of_a_log_that_grows_meanwhile_gets_each_event_once_in_order()
    {
        await using var host = await ListeningHost.StartAsync(options => options.ObserverQueueCapacity = 5);
        var slow = host.ObserveAll(_ => Thread.SpinWait(20_000));

        var ids = await Task.WhenAll(Enumerable.Range(0, 4).Select(async writer =>
        {
            var written = new List<string>();
            for (var number = 0; number < 150; number++)
            {
                written.Add(await host.AppendAsync($"stream-{writer}"));
            }

            return written;
        }));

        await slow.WaitForCountAsync(600);
        var marker = await host.MarkAsync(slow);
        slow.AssertExactly([.. ids.SelectMany(written => written), marker]);
    }

    [TestMethod]
    public async Task An_observer_that_throws_gets_the_next_event()
    {
        await using var host = await ListeningHost.StartAsync();
        var throws = host.ObserveAll(_ => throw new InvalidOperationException("An observer's own fault."));
        var other = host.ObserveAll();

        var ids = new List<string>();
        for (var number = 0; number < 5; number++)
        {
            ids.Add(await host.AppendAsync("a"));
        }

        await throws.WaitForIdAsync(ids[^1]);
        await other.WaitForIdAsync(ids[^1]);
        throws.AssertExactly(ids);
        other.AssertExactly(ids);
        Assert.AreEqual(ListenerStatus.Live, host.Store.ListenerState.Status);
    }

    [TestMethod]
    public async Task A_handler_that_throws_gets_the_next_event()
    {
        await using var host = await ListeningHost.StartAsync();
        var handled = new Collector<StoredEvent>();
        await host.AppendAsync("a");
        await using var subscription = await host.Store.SubscribeToAllAsync(
            (stored, _) =>
            {
                handled.OnNext(stored);
                throw new OperationCanceledException("Not of the subscription's own token.");
            },
            since: EventVersion.Zero);

        await host.AppendAsync("a");
        await host.AppendAsync("a");

        await handled.WaitUntilAsync("three events", items => items.Count == 3);
        Assert.IsTrue(host.Log.Items.Count(line => line.StartsWith("Error 301", StringComparison.Ordinal)) >= 3 - 1);
    }

    [TestMethod]
    public async Task A_flood_of_garbage_and_repetitions_loses_and_repeats_nothing()
    {
        await using var host = await ListeningHost.StartAsync();
        await using var connection = await host.ConnectAsync();
        await using var locker = await host.ConnectAsync();
        var all = host.ObserveAll();
        var before = await host.MarkAsync(all);

        // The table is locked, so the pump waits in the read that the reduced payload asks for, and its inbox fills up.
        await using (var transaction = await locker.BeginTransactionAsync())
        {
            await locker.RunAsync("INSERT INTO events (id, aggregate_id, event_type) SELECT 'flood-' || i, 'flood', 't' FROM generate_series(1, 500) AS i");
            await locker.RunAsync("LOCK TABLE events IN ACCESS EXCLUSIVE MODE");
            await connection.RunAsync("SELECT pg_notify('events_global', '{\"version\": 100000}')");
            await connection.SomeoneWaitsAsync();
            await connection.RunAsync("SELECT pg_notify('events_global', 'garbage ' || i) FROM generate_series(1, 80000) AS i");
            for (var repetition = 0; repetition < 3; repetition++)
            {
                await connection.RunAsync("SELECT pg_notify('events_global', json_build_object('version', i)::text) FROM generate_series(1, 6000) AS i");
            }

            await transaction.CommitAsync();
        }

        var after = await host.MarkAsync(all);
        await host.KillListenerAsync();
        var last = await host.MarkAsync(all);
        all.AssertExactly([before, .. Enumerable.Range(1, 500).Select(number => $"flood-{number}"), after, last]);
        Assert.IsTrue(host.Log.Items.Any(line => line.StartsWith("Information 207", StringComparison.Ordinal)), "The inbox never was full: the test tests nothing.");
    }
}
