using SyncKit.EfStore.Testing;
using SyncKit.EfStore.Tests.Notifications;

namespace SyncKit.EfStore.Tests.Subscriptions;

/// <summary>A handler gets the events after a version and then each new one: once, and in the order of each stream.</summary>
[TestClass]
public sealed class CatchUpTests
{
    [TestMethod]
    [DataRow(1_000, 10_000)]
    [DataRow(7, 5)]
    public async Task Catching_up_while_eight_write_loses_and_repeats_nothing(int batchSize, int capacity)
    {
        const int Writers = 8;
        await using var host = await ListeningHost.StartAsync(options =>
        {
            options.BatchSize = batchSize;
            options.ObserverQueueCapacity = capacity;
        });
        var before = new List<string>();
        for (var number = 0; number < 50; number++)
        {
            before.Add(await host.AppendAsync($"writer-{number % Writers}"));
        }

        var writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(async writer =>
        {
            await using var connection = await host.ConnectAsync();
            var written = new List<string>();
            for (var number = 0; number < 150; number++)
            {
                if (number % 10 == 0)
                {
                    // Held open while the others commit.
                    await using var transaction = await connection.BeginTransactionAsync();
                    written.Add(await connection.InsertAsync($"writer-{writer}"));
                    await connection.RunAsync("SELECT pg_sleep(0.01)");
                    await transaction.CommitAsync();
                }
                else
                {
                    written.Add(await host.AppendAsync($"writer-{writer}"));
                }
            }

            return written;
        }));
        var handlers = new List<Collector<StoredEvent>>();
        var subscriptions = new List<IAsyncDisposable>();
        while (!writing.IsCompleted && handlers.Count < 5)
        {
            var handled = new Collector<StoredEvent>();
            handlers.Add(handled);
            subscriptions.Add(await host.Store.SubscribeToAllAsync(Handler.Into(handled), since: EventVersion.Zero));
            await handled.WaitUntilAsync("the first events", items => items.Count > 50);
        }

        var ids = (await writing).SelectMany(written => written).Concat(before).ToList();
        ids.Add(await host.AppendAsync("marker"));
        foreach (var handled in handlers)
        {
            await handled.WaitUntilAsync($"{ids.Count} events", items => items.Count >= ids.Count);
            handled.AssertExactly(ids);
        }

        foreach (var subscription in subscriptions)
        {
            await subscription.DisposeAsync();
        }
    }

    [TestMethod]
    [DataRow(null, DisplayName = "of all events")]
    [DataRow("a", DisplayName = "of one stream")]
    public async Task A_forged_notification_makes_no_handler_see_an_event_twice_or_one_of_another_stream(string? stream)
    {
        // One waits, the rest is read from the log: so what is told twice while the handler is busy comes in two batches.
        await using var host = await ListeningHost.StartAsync(options => options.ObserverQueueCapacity = 1);
        await using var connection = await host.ConnectAsync();
        var (began, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        var handled = new Collector<StoredEvent>();
        Func<StoredEvent, CancellationToken, Task> handler = async (stored, cancellationToken) =>
        {
            began.TrySetResult();
            await goOn.Task.WaitAsync(cancellationToken);
            handled.OnNext(stored);
        };
        await using var subscription = stream is null
            ? await host.Store.SubscribeToAllAsync(handler)
            : await host.Store.SubscribeToStreamAsync(stream, handler);
        var seen = host.ObserveAll();
        await host.AllInPlaceAsync();
        var first = await host.MarkAsync(seen, "a");
        await began.Task.WaitAsync(TimeSpan.FromSeconds(30));

        // The version that the next row gets, as one of stream a; the row itself is of stream a, and the one after it of b.
        await connection.ForgeNextAsync("forged");
        await seen.WaitForIdAsync("forged");
        await connection.InsertAsync("a", "real");
        await seen.WaitForIdAsync("real");
        await connection.ForgeNextAsync("forged as of a");
        await seen.WaitForIdAsync("forged as of a");
        await connection.InsertAsync("b", "of b");
        await seen.WaitForIdAsync("of b");
        var last = await host.MarkAsync(seen, "a");
        goOn.SetResult();

        await handled.WaitForAsync("the last one", stored => stored.Id == last);
        Assert.AreEqual(
            stream is null ? $"{first} real of b {last}" : $"{first} real {last}", string.Join(' ', handled.Items.Select(stored => stored.Id)));
    }

    [TestMethod]
    public async Task Begins_after_the_version_asked_for()
    {
        await using var host = await ListeningHost.StartAsync();
        var result = await host.Store.AppendAsync(Sample.Events("a", 10), ExpectedVersion.NoStream);
        await host.AppendAsync("b");
        var all = new Collector<StoredEvent>();
        var one = new Collector<StoredEvent>();

        await using var first = await host.Store.SubscribeToAllAsync(Handler.Into(all), since: result.Events[6].Version);
        await using var second = await host.Store.SubscribeToStreamAsync("a", Handler.Into(one), since: result.Events[6].Version);
        await host.AppendAsync("a");

        await all.WaitUntilAsync("5 events", items => items.Count >= 5);
        await one.WaitUntilAsync("4 events", items => items.Count >= 4);
        var marker = await host.AppendAsync("a");
        await all.WaitForAsync("the marker", stored => stored.Id == marker);
        await one.WaitForAsync("the marker", stored => stored.Id == marker);
        Assert.HasCount(6, all.Items);
        CollectionAssert.AreEqual(new long[] { 8, 9, 10, 11, 12 }, one.Items.Select(stored => stored.StreamVersion).ToArray());
    }

    [TestMethod]
    [DataRow(16)]
    [DataRow(0)]
    public async Task Nothing_old_where_no_version_is_asked_for(int maxStreamChannels)
    {
        await using var host = await ListeningHost.StartAsync(options => options.MaxStreamChannels = maxStreamChannels);
        for (var turn = 0; turn < 30; turn++)
        {
            // Committed, but its notification may still be on its way.
            await host.AppendAsync("a");
            var one = new Collector<StoredEvent>();
            var all = new Collector<StoredEvent>();

            await using var first = await host.Store.SubscribeToStreamAsync("a", Handler.Into(one));
            await using var second = await host.Store.SubscribeToAllAsync(Handler.Into(all));
            var id = await host.InsertAsync("a");

            await one.WaitForAsync(id, stored => stored.Id == id);
            await all.WaitForAsync(id, stored => stored.Id == id);
            one.AssertExactly([id]);
            all.AssertExactly([id]);
        }
    }

    /// <summary>An append stays open so long that the subscription goes on without it, and commits while that reads.</summary>
    [TestMethod]
    public async Task Catching_up_past_an_open_append_shows_no_successor_without_its_predecessor()
    {
        await using var host = await ListeningHost.StartAsync(options => options.BatchSize = 1);
        await using var slow = await host.ConnectAsync();
        await using var transaction = await slow.BeginTransactionAsync();
        await slow.InsertAsync("slow", "first");
        await host.Store.AppendAsync(Sample.Events("a", 3), ExpectedVersion.NoStream);
        var handled = new Collector<StoredEvent>();

        await using var subscription = await host.Store.SubscribeToAllAsync(
            async (stored, cancellationToken) =>
            {
                if (handled.Items.Count == 0)
                {
                    await transaction.CommitAsync(cancellationToken);
                    await host.InsertAsync("slow", "second");
                }

                handled.OnNext(stored);
            },
            since: EventVersion.Zero);

        await handled.WaitUntilAsync("five events", items => items.Count >= 5);
        handled.AssertExactly(["first", "second", .. handled.Items.Where(stored => stored.AggregateId == "a").Select(stored => stored.Id)]);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Disposing_ends_a_handler_that_waits_on_its_token(bool catchingUp)
    {
        await using var host = await ListeningHost.StartAsync();
        for (var turn = 0; turn < 5; turn++)
        {
            if (catchingUp)
            {
                await host.AppendAsync("a");
            }

            var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var calls = 0;
            var subscription = await host.Store.SubscribeToAllAsync(
                async (stored, cancellationToken) =>
                {
                    Interlocked.Increment(ref calls);

                    // Holds up whoever cancels, until what the cancelled handler throws has gone all the way up.
                    _ = cancellationToken.Register(() => Thread.Sleep(20));
                    var cancelled = Task.Delay(Timeout.Infinite, cancellationToken);
                    entered.TrySetResult();
                    await cancelled;
                },
                catchingUp ? EventVersion.Zero : null);
            await host.AppendAsync("a");
            await entered.Task.WaitAsync(TimeSpan.FromSeconds(20));

            await subscription.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
            await subscription.DisposeAsync();
            Assert.AreEqual(1, calls);
        }
    }

    [TestMethod]
    public async Task Disposing_waits_for_the_handler_and_nothing_follows()
    {
        await using var host = await ListeningHost.StartAsync();
        var all = host.ObserveAll();
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var calls = 0;
        var subscription = await host.Store.SubscribeToAllAsync(async (_, _) =>
        {
            calls++;
            entered.TrySetResult();
            await goOn.Task;
        });
        await host.Store.AppendAsync(Sample.Events("a", 3), ExpectedVersion.Any);
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(20));

        var disposing = subscription.DisposeAsync().AsTask();
        Assert.IsFalse(disposing.IsCompleted);
        goOn.SetResult();
        await disposing.WaitAsync(TimeSpan.FromSeconds(20));
        await host.MarkAsync(all);

        Assert.AreEqual(1, calls);
    }

    [TestMethod]
    public async Task A_cancelled_wait_leaves_no_subscription_behind()
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        var proxy = new TcpProxy(database.ConnectionString);
        await proxy.DisposeAsync();
        await using var host = await ListeningHost.StartAsync(
            database.ConnectionString, options => options.ListenerConnectionString = proxy.ConnectionString);
        using var cancel = new CancellationTokenSource();
        var subscribing = host.Store.SubscribeToAllAsync((_, _) => Task.CompletedTask, cancellationToken: cancel.Token);

        await cancel.CancelAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(() => subscribing);
        await host.Hub.WhenAllInPlaceAsync(TimeSpan.FromDays(1), CancellationToken.None); // nobody is waited for any more
    }

    [TestMethod]
    public async Task A_subscription_that_outlives_its_host_stops_reading()
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        var host = await ListeningHost.StartAsync(database.ConnectionString, options => options.BatchSize = 1);
        await host.Store.AppendAsync(Sample.Events("a", 10), ExpectedVersion.NoStream);
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var subscription = await host.Store.SubscribeToAllAsync(
            async (_, _) =>
            {
                entered.TrySetResult();
                await goOn.Task;
            },
            since: EventVersion.Zero);
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(20));

        await host.EndAsync();
        goOn.SetResult();

        await subscription.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
    }
}
