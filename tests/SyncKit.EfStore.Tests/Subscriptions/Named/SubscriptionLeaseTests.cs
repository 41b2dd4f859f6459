namespace SyncKit.EfStore.Tests.Subscriptions.Named;

/// <summary>Of several instances of a name one is active; when it goes, another takes over, and the one that went cannot write.</summary>
[TestClass]
public sealed class SubscriptionLeaseTests : SubscriptionDatabase
{
    [TestMethod]
    public async Task The_second_instance_stands_by_and_takes_over_when_the_first_stops()
    {
        var second = new Inbox();
        await using var active = await StartAsync();
        await active.WaitForAsync(SubscriptionStatus.Live);
        await using var standby = await SubscribingHost.StartAsync(ConnectionString, second);
        await standby.WaitForAsync(SubscriptionStatus.Standby);

        await active.WaitUntilProcessedAsync((await active.Store.StoreAsync(Sample.Event("a"))).Version);
        await active.StopAsync();
        await standby.WaitUntilProcessedAsync((await standby.Store.StoreAsync(Sample.Event("a"))).Version);

        CollectionAssert.AreEqual(new long[] { 1 }, Inbox.Versions);
        CollectionAssert.AreEqual(new long[] { 2 }, second.Versions);
    }

    [TestMethod]
    public async Task A_lease_that_is_not_renewed_runs_out_and_what_was_deposed_saves_nothing()
    {
        await FillAsync(3);
        var inside = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Inbox.Before = async (stored, _) =>
        {
            if (stored.Version.Value == 2)
            {
                inside.TrySetResult();
                await goOn.Task; // Deaf to its token, as a frozen process is.
            }
        };
        await using var active = await StartAsync();
        await inside.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await using var connection = await ConnectAsync();

        // As if no renewal had come through for its whole length: another takes it, and this one's number is an old one.
        await connection.RunAsync(
            "UPDATE event_subscriptions SET lease_owner = 'another', lease_until = clock_timestamp() + '1 hour', fencing_token = fencing_token + 1");
        await active.WaitForAsync(SubscriptionStatus.CatchingUp);
        goOn.SetResult();
        await active.WaitForAsync(SubscriptionStatus.Standby);
        Assert.AreEqual(0, (await active.InfoAsync()).Checkpoint.Value);
        CollectionAssert.AreEqual(new long[] { 1, 2, 3 }.Take(Inbox.Versions.Length).ToArray(), Inbox.Versions);

        await connection.RunAsync("UPDATE event_subscriptions SET lease_until = clock_timestamp()");
        await active.WaitUntilProcessedAsync(new EventVersion(3));
    }

    [TestMethod]
    public async Task The_lease_of_a_process_that_died_is_left_alone_until_it_runs_out_and_then_taken()
    {
        await FillAsync(3);
        await using var connection = await ConnectAsync();
        await connection.RunAsync(
            """
            INSERT INTO event_subscriptions (name, checkpoint, lease_owner, lease_until, fencing_token)
            VALUES ($1, 1, 'a process that died', clock_timestamp() + '3 s', 7)
            """,
            SubscribingHost.Name);
        await using var host = await StartAsync();

        await host.WaitForAsync(SubscriptionStatus.Standby);
        await host.WaitUntilProcessedAsync(new EventVersion(3));
        Assert.IsTrue(await connection.ScalarAsync<bool>("SELECT fencing_token = 8 AND updated_at > now() - interval '1 minute' FROM event_subscriptions"));
        CollectionAssert.AreEqual(new long[] { 2, 3 }, Inbox.Versions);
    }

    [TestMethod]
    public async Task Killed_connections_and_two_instances_leave_no_event_out_and_the_checkpoint_at_the_end()
    {
        var second = new Inbox();
        await using var one = await StartAsync(options => options.BatchSize = 5);
        await using var two = await SubscribingHost.StartAsync(ConnectionString, second, options => options.BatchSize = 5);
        await using var connection = await ConnectAsync();
        for (var turn = 0; turn < 20; turn++)
        {
            await connection.RunAsync(
                "INSERT INTO events (id, aggregate_id, event_type) SELECT gen_random_uuid(), 's' || n % 3, 'T' FROM generate_series(1, 10) AS n");
            await connection.RunAsync(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
        }

        var last = await connection.ScalarAsync<long>("SELECT max(version) FROM events");
        await one.WaitUntilProcessedAsync(new EventVersion(last));
        var handled = Inbox.Versions.Concat(second.Versions).ToHashSet();
        Assert.IsTrue((await connection.ColumnAsync<long>("SELECT version FROM events")).All(handled.Contains));
    }

    [TestMethod]
    public async Task A_log_that_was_rewound_is_named_with_expected_and_actual_and_nothing_is_handled()
    {
        await FillAsync(5);
        await using (var host = await StartAsync())
        {
            await host.WaitUntilProcessedAsync(new EventVersion(5));
        }

        await using var connection = await ConnectAsync();
        await connection.RunAsync("UPDATE events SET id = 'other' WHERE version = 5");
        await using (var host = await StartAsync())
        {
            var state = await host.WaitForAsync(SubscriptionStatus.Faulted);
            Assert.Contains("at version 5 and expects event 'e5' there, but the log has 'other'", state.Error!);
        }

        await connection.RunAsync("DELETE FROM events WHERE version > 3; ");
        await connection.RunAsync("UPDATE event_subscriptions SET status = 'running'");
        await using (var host = await StartAsync())
        {
            var state = await host.WaitForAsync(SubscriptionStatus.Faulted);
            Assert.Contains("at version 5, but the log ends at 3", state.Error!);
            await host.Subscriptions.RebuildAsync(SubscribingHost.Name, new EventVersion(2));
            await host.WaitUntilProcessedAsync(new EventVersion(3));
        }

        CollectionAssert.AreEqual(new long[] { 1, 2, 3, 4, 5, 3 }, Inbox.Versions);
    }
}
