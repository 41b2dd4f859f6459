using System.Transactions;
using Npgsql;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Ordering;

/// <summary>The one mark that all readers of a process share.</summary>
[TestClass]
public sealed class SettledMarkTests : IAsyncDisposable
{
    private static readonly TimeSpan AtMost = TimeSpan.FromSeconds(60);

    private PostgresDatabase _database = null!;
    private NpgsqlConnection _holder = null!;
    private SettledStore _store = null!;

    [TestInitialize]
    public async Task Open()
    {
        _database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        _holder = await RawSql.ConnectAsync(_database.ConnectionString);
        _store = new SettledStore(_database.ConnectionString);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _holder.DisposeAsync();
        await _database.DisposeAsync();
    }

    [TestMethod]
    public async Task A_fresh_process_reads_on_from_a_cursor_up_to_the_gap_of_an_append_that_stays_open()
    {
        await AppendAsync("gone");
        await _holder.RunAsync("DELETE FROM events"); // a gap of old, which says nothing either
        await AppendAsync("a", "b", "c");
        var cursor = new EventVersion(2);
        await HoldAsync();
        await AppendAsync("higher");
        await using var fresh = new SettledStore(_database.ConnectionString);

        var load = fresh.IdsAsync(cursor);
        var filtered = fresh.Events.ReadAsync(new EventQuery { After = cursor, EventTypes = ["Tested"], Limit = 5 }).CountAsync();
        var beyond = fresh.IdsAsync(new EventVersion(1_000));
        Assert.AreEqual("b c", await load.WaitAsync(AtMost));
        Assert.AreEqual(2, await filtered);
        Assert.AreEqual("", await beyond);

        await _holder.RunAsync("COMMIT");
        Assert.AreEqual("held higher", await fresh.IdsAsync(new EventVersion(4)));
        Assert.AreEqual(await LatestRowAsync(), (await fresh.Events.GetLatestVersionAsync()).Value);
    }

    [TestMethod]
    public async Task A_fresh_process_calls_settled_what_no_gap_precedes()
    {
        await AppendAsync("a", "b");
        await HoldAsync();
        await AppendAsync("higher");
        await using var fresh = new SettledStore(_database.ConnectionString);

        var latest = fresh.Events.GetLatestVersionAsync();
        var load = fresh.IdsAsync(EventVersion.Zero);

        Assert.AreEqual(2, (await latest.WaitAsync(AtMost)).Value);
        Assert.AreEqual("a b", await load);
    }

    [TestMethod]
    public async Task Who_comes_during_a_look_gets_the_next_one_and_shares_it()
    {
        await AppendAsync("a");
        Assert.AreEqual(1, (await _store.Events.GetLatestVersionAsync()).Value);
        await using var other = await RawSql.ConnectAsync(_database.ConnectionString);
        await _holder.RunAsync("BEGIN; INSERT INTO events (id, aggregate_id, event_type, stream_version) VALUES ('b', 'b', 'T', 1); LOCK TABLE events");
        var first = _store.Mark.AdvanceAsync(default);
        await other.SomeoneWaitsAsync();

        // The look under way has its snapshot already or not: these callers must not depend on it.
        var later = Enumerable.Range(0, 50).Select(_ => _store.Mark.AdvanceAsync(default)).ToArray();
        Assert.AreEqual(1, await other.ScalarAsync<long>(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'SyncKit.EfStore' AND state = 'active'"));
        await _holder.RunAsync("COMMIT");
        await first.WaitAsync(AtMost);

        foreach (var mark in await Task.WhenAll(later).WaitAsync(AtMost))
        {
            Assert.AreEqual(2, mark);
        }
    }

    [TestMethod]
    public async Task What_was_committed_before_a_call_is_covered_by_its_answer()
    {
        using var enough = new CancellationTokenSource();
        var others = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!enough.IsCancellationRequested)
            {
                await _store.Mark.AdvanceAsync(default);
            }
        })));

        for (var n = 0; n < 200; n++)
        {
            var stored = await _store.Events.StoreAsync(Sample.Event($"s{n}"));
            Assert.IsGreaterThanOrEqualTo(stored.Version.Value, await _store.Mark.AdvanceAsync(default));
        }

        await enough.CancelAsync();
        await others;
    }

    [TestMethod]
    public async Task The_mark_follows_the_oldest_of_several_open_appends()
    {
        await AppendAsync("a");
        await _store.Mark.AdvanceAsync(default);
        await using var second = await RawSql.ConnectAsync(_database.ConnectionString);
        await HoldAsync(); // 2
        await second.RunAsync("SELECT nextval('events_version_seq')"); // 3: a gap that stays
        await AppendAsync("b"); // 4
        var beyondFirst = _store.Mark.WaitBeyondAsync(1, default);
        var beyondB = _store.Mark.WaitBeyondAsync(4, default);
        await _store.HolderAsync(); // so b has been seen
        await second.RunAsync("BEGIN; INSERT INTO events (id, aggregate_id, event_type, stream_version) VALUES ('c', 'c', 'T', 1)"); // 5
        await AppendAsync("d"); // 6
        await _holder.RunAsync("COMMIT");

        Assert.AreEqual(4, await beyondFirst.WaitAsync(AtMost));
        Assert.IsFalse(beyondB.IsCompleted);
        await second.RunAsync("ROLLBACK");
        Assert.AreEqual(6, await beyondB.WaitAsync(AtMost));
    }

    [TestMethod]
    public async Task A_wait_for_a_version_ends_when_it_is_settled_and_a_cancelled_one_leaves_nothing()
    {
        await AppendAsync("a");
        await _store.PublicMark.WaitUntilSettledAsync(EventVersion.Zero);
        await _store.PublicMark.WaitUntilSettledAsync(new EventVersion(1));
        Assert.AreEqual(1, _store.PublicMark.Version.Value);
        using var cancel = new CancellationTokenSource();
        var never = _store.PublicMark.WaitUntilSettledAsync(new EventVersion(100), cancel.Token);
        var soon = _store.PublicMark.WaitUntilSettledAsync(new EventVersion(2));
        Assert.IsFalse(soon.IsCompleted);

        await AppendAsync("b");
        await _store.Events.GetLatestVersionAsync(); // whoever reads moves the mark for all
        await soon.WaitAsync(AtMost);
        await cancel.CancelAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(() => never);
    }

    [TestMethod]
    public async Task Nobody_looks_when_nobody_waits_and_a_wait_for_what_nobody_wrote_looks_at_the_poll()
    {
        var time = new CountedTime();
        await using var store = new SettledStore(_database.ConnectionString, time);
        await AppendAsync("a");
        Assert.AreEqual(1, (await store.Events.GetLatestVersionAsync()).Value);

        // Without a timer there is no next look.
        var timers = time.Timers;
        time.Advance(TimeSpan.FromHours(10));
        Assert.AreEqual(1, store.Mark.Current);
        Assert.AreEqual(timers, time.Timers);

        var waits = store.Mark.WaitBeyondAsync(1, default);
        while (time.Timers == timers)
        {
            await Task.Delay(1);
        }

        await AppendAsync("b");
        time.Advance(TimeSpan.FromMinutes(59));
        Assert.IsFalse(waits.IsCompleted);
        time.Advance(TimeSpan.FromMinutes(2));
        Assert.AreEqual(2, await waits.WaitAsync(AtMost));
    }

    [TestMethod]
    public async Task A_log_whose_newest_rows_are_gone_begins_anew()
    {
        await AppendAsync("a", "b", "c");
        Assert.AreEqual(3, await _store.Mark.AdvanceAsync(default));

        await _holder.RunAsync("DELETE FROM events WHERE version > 1; ALTER SEQUENCE events_version_seq RESTART WITH 2");
        Assert.AreEqual(1, await _store.Mark.AdvanceAsync(default));
        await HoldAsync(); // 2 once more
        await AppendAsync("other"); // 3 once more
        Assert.AreEqual("a", await _store.IdsAsync(EventVersion.Zero));
        await _holder.RunAsync("COMMIT");

        Assert.AreEqual("a held other", await _store.IdsAsync(EventVersion.Zero));
        Assert.IsTrue(_store.Log.Items.Any(line => line.StartsWith("103: The log went back", StringComparison.Ordinal)));
    }

    [TestMethod]
    public async Task An_old_snapshot_of_the_caller_loses_nothing()
    {
        await AppendAsync("a");
        await using var slow = await RawSql.ConnectAsync(_database.ConnectionString);
        await slow.RunAsync("BEGIN; INSERT INTO events (id, aggregate_id, event_type, stream_version) VALUES ('b', 'b', 'T', 1)"); // 2
        await AppendAsync("c"); // 3
        using var scope = new TransactionScope(
            TransactionScopeOption.Required,
            new TransactionOptions { IsolationLevel = IsolationLevel.RepeatableRead },
            TransactionScopeAsyncFlowOption.Enabled);
        Assert.AreEqual(1, await _store.Events.LoadByAggregateAsync("c").CountAsync()); // takes the snapshot: with 3, without 2

        await slow.RunAsync("COMMIT");

        Assert.AreEqual("a b c", await _store.IdsAsync(EventVersion.Zero));
    }

    [TestMethod]
    public async Task Disposing_ends_whoever_waits()
    {
        await AppendAsync("a");
        var idle = _store.Mark.WaitBeyondAsync(1, default);
        await HoldAsync();
        await AppendAsync("b");
        var held = _store.Mark.AdvanceAsync(default);
        var mark = _store.Mark;

        await _store.DisposeAsync();

        await Assert.ThrowsExactlyAsync<ObjectDisposedException>(() => idle.WaitAsync(AtMost));
        await Assert.ThrowsExactlyAsync<ObjectDisposedException>(() => held.WaitAsync(AtMost));
        await Assert.ThrowsExactlyAsync<ObjectDisposedException>(() => mark.AdvanceAsync(default));
    }

    private async Task AppendAsync(params string[] streams)
    {
        foreach (var stream in streams)
        {
            await _store.Events.StoreAsync(Sample.Event(stream));
        }
    }

    private async Task HoldAsync() =>
        await _holder.RunAsync(
            "BEGIN; INSERT INTO events (id, aggregate_id, event_type, stream_version) VALUES ('held', 'held', 'T', 1)");

    private Task<long> LatestRowAsync() => _holder.ScalarAsync<long>("SELECT max(version) FROM events");
}
