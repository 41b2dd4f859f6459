using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SyncKit.EfStore.Tests.Subscriptions.Named;

/// <summary>A handler in a host: where it begins, goes on and stops, and what it makes of filters and parallel streams.</summary>
[TestClass]
public sealed class NamedSubscriptionTests : SubscriptionDatabase
{
    [TestMethod]
    public async Task Handles_what_is_stored_and_what_comes_and_goes_on_behind_its_checkpoint_after_a_restart()
    {
        await FillAsync(25);
        await using (var host = await StartAsync(options => options.BatchSize = 10))
        {
            await host.WaitForAsync(SubscriptionStatus.Live);
            var added = await host.Store.StoreAsync(Sample.Event("s0", 26));
            await host.WaitUntilProcessedAsync(added.Version);
            Assert.AreEqual(26, (await host.InfoAsync()).Checkpoint.Value);
        }

        await using var again = await StartAsync();
        var last = await again.Store.StoreAsync(Sample.Event("s0", 27));
        await again.WaitUntilProcessedAsync(last.Version);

        CollectionAssert.AreEqual(Enumerable.Range(1, 27).Select(n => (long)n).ToArray(), Inbox.Versions);
        Assert.IsEmpty(Inbox.Handled.Violations);
    }

    [TestMethod]
    public async Task Without_a_checkpoint_it_begins_where_it_is_told()
    {
        await FillAsync(10);
        await using (var now = await StartAsync(options => options.From = SubscriptionStart.Now))
        {
            await now.WaitForAsync(SubscriptionStatus.Live);
            await now.WaitUntilProcessedAsync((await now.Store.StoreAsync(Sample.Event("s0"))).Version);
        }

        CollectionAssert.AreEqual(new long[] { 11 }, Inbox.Versions);
        var other = new Inbox();
        await using var after = await SubscribingHost.StartAsync(ConnectionString, (services, builder) =>
        {
            services.AddSingleton(other);
            builder.AddSubscription<InboxHandler>("other", options => options.From = SubscriptionStart.After(new EventVersion(8)));
        });
        await other.WaitForAsync(3);
        CollectionAssert.AreEqual(new long[] { 9, 10, 11 }, other.Versions);
    }

    [TestMethod]
    public async Task The_checkpoint_moves_past_what_is_filtered_out()
    {
        await FillAsync(100, streams: 10);
        await using var host = await StartAsync(options =>
        {
            options.BatchSize = 3;
            options.Filter = new SubscriptionFilter { AggregateIdPrefix = "s1", EventTypes = ["T0"] };
        });

        // Stream s1 has the versions 2, 12, 22 …, all of type T0.
        await host.WaitUntilProcessedAsync(new EventVersion(100));
        CollectionAssert.AreEqual(Enumerable.Range(0, 10).Select(n => (long)(10 * n) + 2).ToArray(), Inbox.Versions);
        var passed = await host.Store.StoreAsync(Sample.Event("elsewhere"));
        await host.WaitUntilProcessedAsync(passed.Version);
        Assert.HasCount(10, Inbox.Versions);
    }

    [TestMethod]
    public async Task In_parallel_each_stream_stays_in_order_and_several_are_handled_at_once()
    {
        const int Streams = 16;
        await FillAsync(800, Streams);
        var together = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var inside = 0;
        Inbox.Before = async (stored, cancellationToken) =>
        {
            if (Interlocked.Increment(ref inside) >= 2)
            {
                together.TrySetResult();
            }

            // The first event waits until another is being handled beside it.
            if (stored.Version.Value == 1)
            {
                await together.Task.WaitAsync(cancellationToken);
            }

            await Task.Yield();
            Interlocked.Decrement(ref inside);
        };
        await using var host = await StartAsync(options =>
        {
            options.MaxParallelism = 8;
            options.BatchSize = 100;
        });

        await host.WaitUntilProcessedAsync(new EventVersion(800));
        Assert.IsTrue(together.Task.IsCompleted);
        Assert.HasCount(800, Inbox.Versions.Distinct().ToList());
        Assert.HasCount(800, Inbox.Versions);
        foreach (var stream in Inbox.Handled.Items.GroupBy(stored => stored.AggregateId))
        {
            CollectionAssert.AreEqual(Enumerable.Range(1, 50).Select(n => (long)n).ToArray(), stream.Select(e => e.StreamVersion).ToArray());
        }
    }

    [TestMethod]
    public async Task In_parallel_the_checkpoint_stops_before_the_event_that_is_not_handled_though_others_behind_it_are()
    {
        await FillAsync(200, streams: 20);
        Inbox.Fail(() => true, 57);
        await using var host = await StartAsync(options =>
        {
            options.MaxParallelism = 8;
            options.BatchSize = 200;
            options.Retries = 1;
        });

        await host.WaitForAsync(SubscriptionStatus.Faulted);
        Assert.AreEqual(56, (await host.InfoAsync()).Checkpoint.Value);
        Assert.IsTrue(Enumerable.Range(1, 56).All(n => Inbox.Versions.Contains(n)));
        Assert.DoesNotContain(57, Inbox.Versions);
        Assert.DoesNotContain(77, Inbox.Versions);
    }

    [TestMethod]
    public async Task A_stopped_host_gives_the_lease_back_and_keeps_what_was_handled_of_a_batch()
    {
        await FillAsync(10);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Inbox.Before = async (stored, cancellationToken) =>
        {
            if (stored.Version.Value == 6)
            {
                reached.TrySetResult();
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
        };
        await using var host = await StartAsync(options => options.LeaseDuration = TimeSpan.FromMinutes(10));
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(30));
        var subscription = host.Subscription;
        await host.StopAsync();
        Assert.AreEqual(SubscriptionStatus.Stopped, subscription.State.Status);

        Inbox.Before = (_, _) => Task.CompletedTask;
        await using var next = await StartAsync(options => options.LeaseDuration = TimeSpan.FromMinutes(10));
        await next.WaitUntilProcessedAsync(new EventVersion(10));
        CollectionAssert.AreEqual(Enumerable.Range(1, 10).Select(n => (long)n).ToArray(), Inbox.Versions);
    }

    [TestMethod]
    public async Task A_host_that_starts_before_the_schema_is_there_runs_once_it_is()
    {
        await using var database = await (await TestServer.GetAsync()).CreateEmptyDatabaseAsync();
        await using var host = await SubscribingHost.StartAsync(database.ConnectionString, Inbox);
        var state = await host.WaitForAsync(SubscriptionStatus.Retrying);
        Assert.Contains("has no event log", state.Error!);

        await EventStoreSchema.MigrateAsync(database.ConnectionString);
        TestRoles.GrantAfterMigration(database.ConnectionString);
        await host.WaitForAsync(SubscriptionStatus.Live);
        await host.WaitUntilProcessedAsync((await host.Store.StoreAsync(Sample.Event("a"))).Version);
        Assert.HasCount(1, Inbox.Versions);
    }

    [TestMethod]
    public void Every_fault_of_the_options_is_reported_at_once_and_a_name_is_taken_once()
    {
        var builder = new ServiceCollection().AddPostgresEventStore("Host=nowhere");
        var error = Assert.ThrowsExactly<OptionsValidationException>(() => builder.AddSubscription<InboxHandler>("a", options =>
        {
            options.BatchSize = 0;
            options.MaxParallelism = 65;
            options.LeaseDuration = TimeSpan.Zero;
            options.Retries = -1;
            options.OnFailure = (FailurePolicy)7;
        }));
        Assert.AreEqual(
            string.Join(
                '\n',
                "SubscriptionOptions.BatchSize of 'a' must be from 1 to 100000; it is 0.",
                "SubscriptionOptions.MaxParallelism of 'a' must be from 1 to 64; it is 65.",
                "SubscriptionOptions.LeaseDuration of 'a' must be from 00:00:01 to 00:10:00; it is 00:00:00.",
                "SubscriptionOptions.Retries of 'a' must be from 0 to 100; it is -1.",
                "SubscriptionOptions.OnFailure of 'a' must be Stop, Skip, Park; it is 7."),
            string.Join('\n', error.Failures));

        builder.AddSubscription<InboxHandler>("a");
        Assert.ThrowsExactly<ArgumentException>(() => builder.AddSubscription<InboxHandler>("a"));
        Assert.ThrowsExactly<InvalidInputException>(() => builder.AddSubscription<InboxHandler>(""));
    }
}
