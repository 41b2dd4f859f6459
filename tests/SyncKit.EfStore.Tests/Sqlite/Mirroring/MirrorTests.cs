using SyncKit.EfStore.Sqlite;

namespace SyncKit.EfStore.Tests.Sqlite.Mirroring;

/// <summary>Following, faults, and the switch of the lead, between two files.</summary>
[TestClass]
public sealed class MirrorTests
{
    [TestMethod]
    public async Task What_is_appended_is_followed_in_the_leaders_order_and_what_others_append_to_the_leader_too()
    {
        await using var mirror = Mirror.Start();
        await mirror.Store.StoreAsync(Sample.Events("a", 3));
        await using (var other = new SqliteEventStore(mirror.FileOf("one")))
        {
            await other.StoreAsync(Sample.Events("b", 2));
        }

        await mirror.Store.StoreAsync(Sample.Events("a", 3));

        await mirror.AssertEqualAsync(8);
    }

    [TestMethod]
    public async Task An_event_that_only_the_follower_has_is_named_and_appends_go_on()
    {
        await using var mirror = Mirror.Start();
        await mirror.Store.StoreAsync(Sample.Events("a", 3));
        await mirror.AssertEqualAsync(3);

        // Nothing is appended to the leader: the follower alone is looked at.
        var foreign = Sample.Event("foreign");
        await mirror.Second.Store.StoreAsync(foreign);
        var faulted = await mirror.UntilAsync(status => status.State == MirrorState.Faulted);

        Assert.AreEqual(
            $"The follower 'two' holds event '{foreign.Id}' of stream 'foreign' (version 4), which the leader 'one' does not have.", faulted.Problem);
        var appended = await mirror.Store.StoreAsync(Sample.Event("a"));
        var waiting = await Assert.ThrowsExactlyAsync<MirrorException>(() => mirror.Store.WaitUntilFollowedAsync(appended.Version));
        StringAssert.Contains(waiting.Message, foreign.Id);
        await Assert.ThrowsExactlyAsync<MirrorException>(() => mirror.Store.SwitchLeadAsync());
        Assert.AreEqual("one", mirror.Store.Status.Leader);

        // Mended, it follows again.
        var said = mirror.Said();
        using (var connection = Connect(mirror.FileOf("two")))
        {
            SqliteFile.Run(connection, "DELETE FROM events WHERE aggregate_id = 'foreign'");
        }

        await mirror.UntilAsync(status => status.State == MirrorState.Following, said);
        await mirror.AssertEqualAsync(4);
    }

    [TestMethod]
    public async Task A_follower_that_held_events_before_or_lost_one_is_at_fault_too()
    {
        await using var mirror = Mirror.Start();
        await mirror.Store.StoreAsync(Sample.Events("a", 30));
        await mirror.AssertEqualAsync(30);
        await mirror.Store.DisposeAsync();
        using (var connection = Connect(mirror.FileOf("two")))
        {
            SqliteFile.Run(connection, "DELETE FROM events WHERE version = 7");
        }

        await mirror.ReopenAsync();

        var faulted = await mirror.UntilAsync(status => status.State == MirrorState.Faulted);
        StringAssert.Contains(faulted.Problem, "The follower 'two' lacks event ");
        StringAssert.Contains(faulted.Problem, "(version 7)");
    }

    [TestMethod]
    public async Task An_event_the_follower_cannot_take_is_named()
    {
        await using var mirror = Mirror.Start();
        await mirror.Store.StoreAsync(Sample.Events("a", 2));
        await mirror.AssertEqualAsync(2);
        using (var connection = Connect(mirror.FileOf("one")))
        {
            SqliteFile.Run(connection, "INSERT INTO events (id, aggregate_id, event_type, data) VALUES ('broken-1', 'a', 'T', '{broken')");
        }

        var faulted = await mirror.UntilAsync(status => status.State == MirrorState.Faulted);

        StringAssert.Contains(faulted.Problem, "broken-1");
    }

    [TestMethod]
    public async Task The_lead_is_switched_and_remembered_and_can_be_switched_back()
    {
        await using var mirror = Mirror.Start();
        await mirror.Store.StoreAsync(Sample.Events("a", 3));
        await mirror.Store.SwitchLeadAsync();
        Assert.AreEqual(("two", "one"), (mirror.Store.Status.Leader, mirror.Store.Status.Follower));

        await mirror.ReopenAsync();
        Assert.AreEqual("two", mirror.Store.Status.Leader);
        var appended = await mirror.Store.AppendAsync([Sample.Event("a")], ExpectedVersion.Exactly(3));
        Assert.AreEqual(appended.Version, await mirror.Second.Store.GetLatestVersionAsync());
        await mirror.AssertEqualAsync(4);

        await mirror.Store.SwitchLeadAsync();
        await mirror.Store.AppendAsync([Sample.Event("a")], ExpectedVersion.Exactly(4));
        Assert.AreEqual("one", mirror.Store.Status.Leader);
        await mirror.AssertEqualAsync(5);
    }

    [TestMethod]
    public async Task Appends_wait_while_the_lead_is_switched_and_after_the_bound_everything_stays()
    {
        var held = new TaskCompletionSource();
        var entered = new TaskCompletionSource();
        await using var mirror = Mirror.Start(
            configure: options => options.SwitchTimeout = TimeSpan.FromMilliseconds(300),
            first: place => place with { Store = new HeldStore(place.Store, "held", entered, held.Task) });
        var slow = mirror.Store.StoreAsync(Sample.Event("held"));
        await entered.Task;

        var switching = mirror.Store.SwitchLeadAsync();
        var waiting = mirror.Store.StoreAsync(Sample.Event("b"));
        var refused = await Assert.ThrowsExactlyAsync<MirrorException>(() => switching);

        StringAssert.StartsWith(refused.Message, "The lead stays with 'one': appends under way and the follower 'two' did not end within 00:00:00.3");
        await waiting;
        Assert.IsFalse(slow.IsCompleted);
        held.SetResult();
        await slow;
        await mirror.Store.SwitchLeadAsync();
        await mirror.AssertEqualAsync(2);
        Assert.AreEqual("two", mirror.Store.Status.Leader);
    }

    [TestMethod]
    public async Task Under_writers_each_switch_of_the_lead_keeps_order_and_fails_nobody()
    {
        await using var mirror = Mirror.Start();
        using var writers = new MirrorWriters(mirror.Store, 8);
        for (var time = 0; time < 4; time++)
        {
            await writers.MoreAsync(20);
            await mirror.Store.SwitchLeadAsync();
        }

        await writers.MoreAsync(20);
        await writers.StopAsync();

        Assert.AreEqual("", string.Join('\n', writers.Failures));
        await mirror.AssertEqualAsync(writers.Acknowledged.Count);
    }

    [TestMethod]
    public async Task A_second_process_may_not_mirror_until_the_first_one_ends()
    {
        await using var mirror = Mirror.Start();
        await using var second = new MirroredEventStore(mirror.First, mirror.Second, mirror.Options);

        var refused = await Assert.ThrowsExactlyAsync<MirrorException>(() => second.StoreAsync(Sample.Event("a")));
        StringAssert.Contains(refused.Message, "mirror.json");
        await mirror.Store.DisposeAsync();
        await second.StoreAsync(Sample.Event("a"));
    }

    [TestMethod]
    public async Task A_state_file_that_says_something_else_is_refused()
    {
        await using var mirror = Mirror.Start();
        await mirror.Store.DisposeAsync();
        await File.WriteAllTextAsync(mirror.Options.StateFile, "{}");
        await using var store = new MirroredEventStore(mirror.First, mirror.Second, mirror.Options);

        var refused = await Assert.ThrowsExactlyAsync<MirrorException>(() => store.StartAsync());
        StringAssert.Contains(refused.Message, "is not the state of a mirror: it begins with '{}'");
    }

    [TestMethod]
    public async Task After_disposal_nothing_is_taken_and_who_waits_is_told()
    {
        await using var mirror = Mirror.Start();
        var waiting = mirror.Store.WaitUntilFollowedAsync(new EventVersion(1_000));
        await mirror.Store.DisposeAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(() => waiting);
        await Assert.ThrowsExactlyAsync<ObjectDisposedException>(() => mirror.Store.StoreAsync(Sample.Event("a")));
        Assert.ThrowsExactly<ObjectDisposedException>(() => _ = mirror.Store.Status);
    }

    private static Microsoft.Data.Sqlite.SqliteConnection Connect(string path)
    {
        var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        return connection;
    }

    /// <summary>Keeps the appends of one stream until it is let go.</summary>
    private sealed class HeldStore(IEventStore inner, string stream, TaskCompletionSource entered, Task release) : IEventStore
    {
        public async Task<AppendResult> StoreAsync(EventData eventData, CancellationToken cancellationToken = default)
        {
            if (eventData.AggregateId == stream)
            {
                entered.TrySetResult();
                await release;
            }

            return await inner.StoreAsync(eventData, cancellationToken);
        }

        public Task<AppendResult> StoreAsync(IReadOnlyList<EventData> events, CancellationToken cancellationToken = default) =>
            inner.StoreAsync(events, cancellationToken);

        public Task<AppendResult> AppendAsync(IReadOnlyList<EventData> events, ExpectedVersion expected, CancellationToken cancellationToken = default) =>
            inner.AppendAsync(events, expected, cancellationToken);

        public Task<AppendResult> AppendAsync(IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken = default) =>
            inner.AppendAsync(appends, cancellationToken);

        public IAsyncEnumerable<StoredEvent> LoadAsync(EventVersion since, CancellationToken cancellationToken = default) => inner.LoadAsync(since, cancellationToken);

        public IAsyncEnumerable<StoredEvent> LoadByAggregateAsync(string aggregateId, EventVersion since = default, CancellationToken cancellationToken = default) =>
            inner.LoadByAggregateAsync(aggregateId, since, cancellationToken);

        public IAsyncEnumerable<StoredEvent> ReadAsync(EventQuery query, CancellationToken cancellationToken = default) => inner.ReadAsync(query, cancellationToken);

        public Task<EventVersion> GetLatestVersionAsync(CancellationToken cancellationToken = default) => inner.GetLatestVersionAsync(cancellationToken);

        public EventVersion ParseVersion(string text) => inner.ParseVersion(text);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
