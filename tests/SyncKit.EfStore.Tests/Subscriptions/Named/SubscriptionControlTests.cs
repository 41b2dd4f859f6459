using Microsoft.Extensions.DependencyInjection;

namespace SyncKit.EfStore.Tests.Subscriptions.Named;

/// <summary>Pause, resume, rebuild and what is known of a subscription, from its own process and from another.</summary>
[TestClass]
public sealed class SubscriptionControlTests : SubscriptionDatabase
{
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task Paused_it_handles_nothing_and_resumed_it_misses_nothing(bool fromElsewhere)
    {
        await using var elsewhere = new TestStore(ConnectionString);
        await using var host = await StartAsync();
        var control = fromElsewhere ? (ISubscriptions)elsewhere.Services.GetService(typeof(ISubscriptions))! : host.Subscriptions;
        await host.WaitForAsync(SubscriptionStatus.Live);

        await control.PauseAsync(SubscribingHost.Name);
        await host.WaitForAsync(SubscriptionStatus.Paused);
        var stored = await host.Store.StoreAsync(Sample.Event("a"));
        var listed = (await control.ListAsync()).Single();
        Assert.AreEqual((SubscriptionStatus.Paused, 1L), (listed.Status, listed.Lag));
        Assert.IsNotNull(listed.Owner);

        await control.ResumeAsync(SubscribingHost.Name);
        await control.WaitUntilProcessedAsync(SubscribingHost.Name, stored.Version).WaitAsync(TimeSpan.FromSeconds(60));
        CollectionAssert.AreEqual(new long[] { 1 }, Inbox.Versions);
    }

    [TestMethod]
    public async Task A_rebuild_in_the_middle_of_a_batch_handles_everything_again_and_tells_how_far_it_is()
    {
        await FillAsync(100);
        await using var host = await StartAsync(options => options.BatchSize = 10);
        await host.WaitForAsync(SubscriptionStatus.Live);
        var half = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Inbox.Before = async (stored, cancellationToken) =>
        {
            if (stored.Version.Value == 55 && !goOn.Task.IsCompleted)
            {
                half.TrySetResult();
                await goOn.Task.WaitAsync(cancellationToken);
            }
        };

        await host.Subscriptions.RebuildAsync(SubscribingHost.Name, new EventVersion(20));
        await half.Task.WaitAsync(TimeSpan.FromSeconds(30));
        var rebuild = (await host.InfoAsync()).Rebuild!;
        Assert.AreEqual((20L, 100L, 30L, 80L), (rebuild.From.Value, rebuild.Target.Value, rebuild.Done, rebuild.Total));
        Assert.IsGreaterThan(0, rebuild.Rate);
        Assert.IsNotNull(rebuild.TimeLeft);

        // Again, while 55 is being handled: that batch must not move the checkpoint of the new rebuild.
        await host.Subscriptions.RebuildAsync(SubscribingHost.Name, new EventVersion(90));
        goOn.SetResult();
        await host.WaitUntilProcessedAsync(new EventVersion(100));
        await host.WaitForAsync(SubscriptionStatus.Live);
        Assert.IsNull((await host.InfoAsync()).Rebuild);
        CollectionAssert.AreEqual(Enumerable.Range(91, 10).Select(n => (long)n).ToArray(), Inbox.Versions[^10..]);
    }

    [TestMethod]
    public async Task A_rebuild_forgets_what_was_parked_behind_its_beginning()
    {
        await FillAsync(6, streams: 2);
        var broken = true;
        Inbox.Fail(() => broken, 3);
        await using var host = await StartAsync(options =>
        {
            options.Retries = 0;
            options.OnFailure = FailurePolicy.Park;
        });
        await host.WaitUntilProcessedAsync(new EventVersion(6));

        broken = false;
        await host.Subscriptions.RebuildAsync(SubscribingHost.Name);
        await host.WaitUntilProcessedAsync(new EventVersion(6));
        Assert.IsEmpty(await host.Subscriptions.ParkedAsync(SubscribingHost.Name));
        CollectionAssert.AreEqual(new long[] { 1, 2, 3, 4, 5, 6 }, Inbox.Versions[^6..]);
    }

    [TestMethod]
    public async Task What_is_asked_of_a_hosted_one_before_it_first_ran_holds_when_it_runs()
    {
        await FillAsync(3);
        var services = new ServiceCollection();
        services.AddSingleton(Inbox).AddPostgresEventStore(ConnectionString)
            .AddSubscription<InboxHandler>(SubscribingHost.Name, options => options.From = SubscriptionStart.Now);
        await using (var notStarted = services.BuildServiceProvider())
        {
            var early = notStarted.GetRequiredService<ISubscriptions>();
            Assert.IsEmpty(await early.ParkedAsync(SubscribingHost.Name));
            await early.PauseAsync(SubscribingHost.Name);
        }

        await using var host = await StartAsync(options => options.From = SubscriptionStart.Now);
        await host.WaitForAsync(SubscriptionStatus.Paused);
        var stored = await host.Store.StoreAsync(Sample.Event("a"));
        await host.Subscriptions.ResumeAsync(SubscribingHost.Name);
        await host.WaitUntilProcessedAsync(stored.Version);

        CollectionAssert.AreEqual(new[] { stored.Version.Value }, Inbox.Versions);
    }

    [TestMethod]
    public async Task A_name_that_nobody_ever_ran_is_named()
    {
        await using var store = new TestStore(ConnectionString);
        var subscriptions = (ISubscriptions)store.Services.GetService(typeof(ISubscriptions))!;

        Assert.IsEmpty(await subscriptions.ListAsync());
        foreach (var ask in (Func<Task>[])
        [
            () => subscriptions.PauseAsync("none"),
            () => subscriptions.ResumeAsync("none"),
            () => subscriptions.RebuildAsync("none"),
            () => subscriptions.ParkedAsync("none"),
            () => subscriptions.ReplayParkedAsync("none"),
            () => subscriptions.DropParkedAsync("none"),
            () => subscriptions.WaitUntilProcessedAsync("none", EventVersion.Zero),
        ])
        {
            Assert.StartsWith("There is no subscription 'none'", (await Assert.ThrowsExactlyAsync<SubscriptionException>(ask)).Message);
        }

        Assert.ThrowsExactly<SubscriptionException>(() => subscriptions.Get("none"));
    }

    [TestMethod]
    public async Task Its_states_are_seen_in_order_and_end_with_the_host()
    {
        await FillAsync(3);
        Inbox.Fail(() => Inbox.Attempts[2] == 1, 2);
        var seen = new Notifications.Collector<SubscriptionState>();
        var host = await StartAsync();
        host.Subscription.States.Subscribe(seen);
        await host.WaitForAsync(SubscriptionStatus.Live);
        await host.DisposeAsync();

        Assert.IsNull(await seen.EndAsync());
        var statuses = seen.Items.Select(state => state.Status).ToList();
        Assert.AreEqual(SubscriptionStatus.Stopped, statuses[^1]);
        Assert.AreEqual(SubscriptionStatus.Live, statuses[^2]);
        Assert.AreEqual(3, seen.Items[^2].Position.Value);
    }
}
