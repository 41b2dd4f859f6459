using System.Transactions;
using Npgsql;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Appending;

/// <summary>Callers at once share transactions, and none of them notices more than that it is fast.</summary>
[TestClass]
public sealed class GroupCommitTests : IAsyncDisposable
{
    private PostgresDatabase _database = null!;
    private TestStore _store = null!;

    [TestInitialize]
    public async Task Open()
    {
        _database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        _store = new TestStore(_database.ConnectionString);
        await _store.Events.StoreAsync(Sample.Event("first"));
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _database.DisposeAsync();
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Appends_made_at_once_share_transactions_unless_that_is_turned_off(bool groupCommit)
    {
        await using var store = new TestStore(_database.ConnectionString, options => options.GroupCommit = groupCommit);

        await Task.WhenAll(Enumerable.Range(0, 500).Select(n => store.Events.StoreAsync(Sample.Event($"stream-{n}"))));

        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        var transactions = await connection.ScalarAsync<long>("SELECT count(DISTINCT xmin::text) FROM events WHERE aggregate_id LIKE 'stream-%'");
        if (groupCommit)
        {
            Assert.IsLessThan(100, transactions);
        }
        else
        {
            Assert.AreEqual(500, transactions);
        }
    }

    [TestMethod]
    public async Task Appends_to_one_stream_keep_the_order_of_the_calls()
    {
        var results = await Task.WhenAll(
            Enumerable.Range(0, 2_000).Select(n => _store.Events.StoreAsync(Sample.Event(n % 3 == 0 ? "one" : "other", n))));

        foreach (var stream in (string[])["one", "other"])
        {
            var places = results.Where(result => result.Events[0].AggregateId == stream).Select(result => result.StreamVersion).ToArray();
            CollectionAssert.AreEqual(Enumerable.Range(1, places.Length).Select(n => (long)n).ToArray(), places);
        }
    }

    [TestMethod]
    public async Task More_calls_than_may_wait_are_all_answered()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 10_000).Select(n => _store.Events.StoreAsync(Sample.Event($"stream-{n % 500}"))));

        Assert.HasCount(10_000, results.Select(result => result.Version).Distinct().ToList());
    }

    [TestMethod]
    public async Task A_held_stream_holds_up_no_other_and_its_calls_take_one_connection_in_order()
    {
        await using var holder = await RawSql.ConnectAsync(_database.ConnectionString);
        await using var watcher = await RawSql.ConnectAsync(_database.ConnectionString);
        await HoldAsync(holder, "held");

        var held = Enumerable.Range(0, 200).Select(n => _store.Events.StoreAsync(Sample.Event("held", n))).ToArray();
        await watcher.SomeoneWaitsAsync();
        await Task.WhenAll(Enumerable.Range(0, 500).Select(n => _store.Events.StoreAsync(Sample.Event($"free-{n}"))));

        Assert.AreEqual(1, await watcher.ScalarAsync<long>(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"));
        Assert.IsFalse(Array.Exists(held, append => append.IsCompleted));
        await holder.RunAsync("ROLLBACK");
        CollectionAssert.AreEqual(
            Enumerable.Range(1, 200).Select(n => (long)n).ToArray(), (await Task.WhenAll(held)).Select(result => result.StreamVersion).ToArray());
    }

    [TestMethod]
    public async Task A_held_id_holds_up_nobody_else()
    {
        await using var holder = await RawSql.ConnectAsync(_database.ConnectionString);
        var repeated = Sample.Event("held");
        await holder.RunAsync("BEGIN");
        await holder.RunAsync("INSERT INTO events (id, aggregate_id, event_type, stream_version) VALUES ($1, 'elsewhere', 'Held', 1)", repeated.Id);

        var others = Enumerable.Range(0, 100).Select(n => _store.Events.StoreAsync(Sample.Event($"before-{n}"))).ToList();
        var held = _store.Events.StoreAsync(repeated);
        others.AddRange(Enumerable.Range(0, 100).Select(n => _store.Events.StoreAsync(Sample.Event($"after-{n}"))));
        await Task.WhenAll(others);

        Assert.IsFalse(held.IsCompleted);
        await holder.RunAsync("ROLLBACK");
        Assert.AreEqual(1, (await held).StreamVersion);
    }

    [TestMethod]
    public async Task A_pool_of_one_connection_serves_many_callers_and_readers()
    {
        await using var store = new TestStore(_database.ConnectionString, options => options.MaxPoolSize = 1);

        await Task.WhenAll(Enumerable.Range(0, 16).Select(async caller =>
        {
            for (var n = 0; n < 30; n++)
            {
                await store.Events.StoreAsync(Sample.Event($"stream-{caller}", n));
                await store.Events.LoadByAggregateAsync($"stream-{caller}").CountAsync();
            }
        }));

        Assert.HasCount(30, await store.StreamAsync("stream-7"));
    }

    [TestMethod]
    public async Task More_held_streams_than_connections_may_wait_are_all_answered()
    {
        await using var store = new TestStore(_database.ConnectionString, options => options.MaxPoolSize = 4);
        await using var holder = await RawSql.ConnectAsync(_database.ConnectionString);
        await using var watcher = await RawSql.ConnectAsync(_database.ConnectionString);
        string[] streams = [.. Enumerable.Range(0, 20).Select(n => $"held-{n}")];
        foreach (var stream in streams)
        {
            await HoldAsync(holder, stream);
        }

        var held = streams.Select(stream => store.Events.StoreAsync(Sample.Event(stream))).ToArray();
        await watcher.SomeoneWaitsAsync(sessions: 2);
        await store.Events.StoreAsync(Sample.Event("free"));
        await holder.RunAsync("ROLLBACK");

        Assert.IsTrue((await Task.WhenAll(held)).All(result => result.StreamVersion == 1));
    }

    [TestMethod]
    public async Task Cancelling_one_of_many_touches_no_other()
    {
        await using var holder = await RawSql.ConnectAsync(_database.ConnectionString);
        await using var watcher = await RawSql.ConnectAsync(_database.ConnectionString);
        await HoldAsync(holder, "held");
        using var cancellation = new CancellationTokenSource();
        var (before, cancelled, after) = (
            _store.Events.StoreAsync(Sample.Event("held", 1)),
            _store.Events.StoreAsync(Sample.Event("held", 2), cancellation.Token),
            _store.Events.StoreAsync(Sample.Event("held", 3)));
        await watcher.SomeoneWaitsAsync();

        await cancellation.CancelAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(() => cancelled);
        await holder.RunAsync("ROLLBACK");
        Assert.AreEqual(1, (await before).StreamVersion);
        Assert.IsGreaterThan(1, (await after).StreamVersion);
    }

    [TestMethod]
    public async Task A_store_that_ends_answers_everybody_first()
    {
        var appends = Enumerable.Range(0, 1_000).Select(n => _store.Events.StoreAsync(Sample.Event($"stream-{n % 50}"))).ToArray();

        await _store.Events.DisposeAsync();

        Assert.IsTrue(Array.TrueForAll(appends, append => append.IsCompletedSuccessfully), "not every append under way was stored");
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _store.Events.StoreAsync(Sample.Event("late")));
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Within_an_ambient_transaction_an_append_is_part_of_it(bool complete)
    {
        using (var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
        {
            Assert.AreEqual(1, (await _store.Events.AppendAsync([Sample.Event("ambient")], ExpectedVersion.NoStream)).StreamVersion);
            if (complete)
            {
                scope.Complete();
            }
        }

        Assert.HasCount(complete ? 1 : 0, await _store.StreamAsync("ambient"));
    }

    private static async Task HoldAsync(NpgsqlConnection connection, string stream)
    {
        if (await connection.ScalarAsync<bool>("SELECT pg_current_xact_id_if_assigned() IS NULL"))
        {
            await connection.RunAsync("BEGIN");
            await connection.RunAsync("SELECT pg_current_xact_id()");
        }

        await connection.RunAsync("SELECT pg_advisory_xact_lock(hashtextextended($1, 'events'::regclass::oid::bigint))", stream);
    }
}
