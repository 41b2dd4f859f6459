namespace SyncKit.EfStore.Tests.Subscriptions.Named;

/// <summary>What becomes of an event whose handler fails.</summary>
[TestClass]
public sealed class FailurePolicyTests : SubscriptionDatabase
{
    [TestMethod]
    public async Task A_failure_that_passes_is_retried_in_place()
    {
        await FillAsync(10);
        Inbox.Fail(() => Inbox.Attempts[4] <= 3, 4);
        await using var host = await StartAsync();

        await host.WaitUntilProcessedAsync(new EventVersion(10));
        Assert.AreEqual(4, Inbox.Attempts[4]);
        CollectionAssert.AreEqual(Enumerable.Range(1, 10).Select(n => (long)n).ToArray(), Inbox.Versions);
    }

    [TestMethod]
    public async Task Stop_halts_before_the_event_says_why_and_goes_on_from_there_when_resumed()
    {
        await FillAsync(10);
        var broken = true;
        Inbox.Fail(() => broken, 4);
        await using var host = await StartAsync(options => options.Retries = 2);

        var state = await host.WaitForAsync(SubscriptionStatus.Faulted);
        Assert.AreEqual(
            "Stopped at the event of version 4, type 'T0', after 3 attempts: FormatException: Bad event 4. Mend the cause, then resume.", state.Error);
        var info = await host.InfoAsync();
        Assert.AreEqual((3, SubscriptionStatus.Faulted, state.Error), (info.Checkpoint.Value, info.Status, info.Error));
        CollectionAssert.AreEqual(new long[] { 1, 2, 3 }, Inbox.Versions);
        var waiting = await Assert.ThrowsExactlyAsync<SubscriptionException>(
            () => host.Subscriptions.WaitUntilProcessedAsync(SubscribingHost.Name, new EventVersion(10)));
        Assert.StartsWith("Subscription 'projection' is at version 3 and will not get to 10 by itself. Stopped at", waiting.Message);

        broken = false;
        await host.Subscriptions.ResumeAsync(SubscribingHost.Name);
        await host.WaitUntilProcessedAsync(new EventVersion(10));
        CollectionAssert.AreEqual(Enumerable.Range(1, 10).Select(n => (long)n).ToArray(), Inbox.Versions);
    }

    [TestMethod]
    public async Task A_fault_outlives_its_host()
    {
        await FillAsync(5);
        Inbox.Fail(() => true, 1);
        await using (var host = await StartAsync(options => options.Retries = 0))
        {
            await host.WaitForAsync(SubscriptionStatus.Faulted);
        }

        await using var again = await StartAsync();
        Assert.Contains("version 1", (await again.WaitForAsync(SubscriptionStatus.Faulted)).Error!);
        Assert.AreEqual(1, Inbox.Attempts[1]);
    }

    [TestMethod]
    public async Task Skip_goes_on_behind_the_event()
    {
        await FillAsync(5);
        Inbox.Fail(() => true, 1, 5);
        await using var host = await StartAsync(options =>
        {
            options.Retries = 1;
            options.OnFailure = FailurePolicy.Skip;
        });

        await host.WaitUntilProcessedAsync(new EventVersion(5));
        CollectionAssert.AreEqual(new long[] { 2, 3, 4 }, Inbox.Versions);
        Assert.AreEqual(2, Inbox.Attempts[5]);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(4)]
    public async Task Park_blocks_only_the_stream_and_a_replay_after_the_fix_delivers_it_in_order(int parallelism)
    {
        await FillAsync(12, streams: 3);
        var broken = true;
        Inbox.Fail(() => broken, 5); // the second event of s1: 2, 5, 8, 11
        await using var host = await StartAsync(options =>
        {
            options.Retries = 1;
            options.MaxParallelism = parallelism;
            options.OnFailure = FailurePolicy.Park;
        });

        await host.WaitUntilProcessedAsync(new EventVersion(12));
        CollectionAssert.AreEquivalent(new long[] { 1, 2, 3, 4, 6, 7, 9, 10, 12 }, Inbox.Versions);
        var parked = await host.Subscriptions.ParkedAsync(SubscribingHost.Name);
        CollectionAssert.AreEqual(new long[] { 5, 8, 11 }, parked.Select(e => e.Version.Value).ToArray());
        Assert.AreEqual(("FormatException: Bad event 5.", 2, "s1", "e5"), (parked[0].Error, parked[0].Attempts, parked[0].AggregateId, parked[0].EventId));
        Assert.AreEqual(("It stands behind version 5 of its stream.", 0), (parked[1].Error, parked[1].Attempts));

        // In vain: it stays, and the others behind it.
        Assert.AreEqual(3, await host.Subscriptions.ReplayParkedAsync(SubscribingHost.Name));
        await host.UntilParkedAsync(events => events is [{ Attempts: 4, ReplayAsked: false }, { ReplayAsked: false }, ..]);
        CollectionAssert.DoesNotContain(Inbox.Versions, 8L);

        broken = false;
        Assert.AreEqual(3, await host.Subscriptions.ReplayParkedAsync(SubscribingHost.Name, new EventVersion(8)));
        await host.UntilParkedAsync(events => events.Count == 0);
        await host.WaitUntilProcessedAsync((await host.Store.StoreAsync(Sample.Event("s1", 99))).Version);

        CollectionAssert.AreEqual(
            new long[] { 1, 2, 3, 4, 5 }, Inbox.Handled.Items.Where(e => e.AggregateId == "s1").Select(e => e.StreamVersion).ToArray());
        Assert.AreEqual(0, (await host.InfoAsync()).Parked);
    }

    [TestMethod]
    public async Task Dropping_the_parked_event_frees_its_stream()
    {
        await FillAsync(2);
        Inbox.Fail(() => true, 1);
        await using var host = await StartAsync(options =>
        {
            options.Retries = 0;
            options.OnFailure = FailurePolicy.Park;
        });
        await host.WaitUntilProcessedAsync(new EventVersion(2));
        Assert.HasCount(2, await host.Subscriptions.ParkedAsync(SubscribingHost.Name));

        Assert.AreEqual(1, await host.Subscriptions.DropParkedAsync(SubscribingHost.Name, new EventVersion(1)));
        Assert.AreEqual(1, await host.Subscriptions.ReplayParkedAsync(SubscribingHost.Name));
        await host.UntilParkedAsync(events => events.Count == 0);
        await host.WaitUntilProcessedAsync((await host.Store.StoreAsync(Sample.Event("s0", 3))).Version);

        CollectionAssert.AreEqual(new long[] { 2, 3 }, Inbox.Versions);
    }

    [TestMethod]
    public async Task An_unknown_type_is_an_error_without_a_retry_unless_opted_out()
    {
        await FillAsync(4);
        await using (var host = await StartAsync(options => options.KnownEventTypes.Add("T1")))
        {
            var state = await host.WaitForAsync(SubscriptionStatus.Faulted);
            Assert.Contains("The event of version 2 is of type 'T0', which subscription 'projection' does not know.", state.Error!);
            Assert.Contains("after 1 attempt:", state.Error!);
            await host.Subscriptions.ResumeAsync(SubscribingHost.Name);
        }

        await using var tolerant = await StartAsync(options =>
        {
            options.KnownEventTypes.Add("T1");
            options.IgnoreUnknownEventTypes = true;
        });
        await tolerant.Subscriptions.ResumeAsync(SubscribingHost.Name);
        await tolerant.WaitUntilProcessedAsync(new EventVersion(4));
        CollectionAssert.AreEqual(new long[] { 1, 3 }, Inbox.Versions);
    }
}
