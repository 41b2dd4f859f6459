using Microsoft.Extensions.Time.Testing;
using Npgsql;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Ordering;

/// <summary>A version can become visible before a lower one that is still open; who keeps the last version read must not lose it.</summary>
[TestClass]
public sealed class SettledReadTests : IAsyncDisposable
{
    private PostgresDatabase _database = null!;
    private TestStore _store = null!;
    private NpgsqlConnection _holder = null!;
    private FakeTimeProvider _time = null!;

    [TestInitialize]
    public async Task Open()
    {
        _database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        _time = new FakeTimeProvider();
        _store = new TestStore(_database.ConnectionString, time: _time);
        _holder = await RawSql.ConnectAsync(_database.ConnectionString);
        await _store.Events.StoreAsync(Sample.Event("first"));
        Assert.AreEqual(1, (await _store.Events.GetLatestVersionAsync()).Value);
    }

    public async ValueTask DisposeAsync()
    {
        await _holder.DisposeAsync();
        await _store.DisposeAsync();
        await _database.DisposeAsync();
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task A_load_waits_for_the_lower_version_and_then_gives_both_in_order(bool commits)
    {
        await HoldAsync();
        var higher = await _store.Events.StoreAsync(Sample.Event("higher"));
        var load = Task.Run(() => IdsAsync(_store.Events.LoadAsync(EventVersion.Zero)));
        var latest = Task.Run(() => _store.Events.GetLatestVersionAsync());
        await PassAsync(TimeSpan.FromSeconds(2));
        Assert.IsFalse(load.IsCompleted);
        Assert.IsFalse(latest.IsCompleted);

        await _holder.RunAsync(commits ? "COMMIT" : "ROLLBACK");

        Assert.AreEqual(commits ? "first held higher" : "first higher", await PassSlowlyUntilAsync(load));
        Assert.AreEqual(higher.Version, await PassSlowlyUntilAsync(latest));
    }

    [TestMethod]
    public async Task A_load_that_waited_long_enough_gives_what_is_settled_and_the_next_one_the_rest()
    {
        await HoldAsync();
        await _store.Events.StoreAsync(Sample.Event("higher"));
        var load = Task.Run(() => IdsAsync(_store.Events.LoadAsync(EventVersion.Zero)));
        var latest = Task.Run(() => _store.Events.GetLatestVersionAsync());

        Assert.AreEqual("first", await PassUntilAsync(load));
        var cursor = await PassUntilAsync(latest);
        Assert.AreEqual(1, cursor.Value);

        await _holder.RunAsync("COMMIT");
        Assert.AreEqual("held higher", await PassSlowlyUntilAsync(IdsAsync(_store.Events.LoadAsync(cursor))));
    }

    [TestMethod]
    public async Task Who_follows_the_log_waits_for_nothing_that_came_before_the_holder()
    {
        await HoldAsync();
        await _store.Events.StoreAsync(Sample.Event("higher"));
        await using var events = ((IRealtimeEventStore)_store.Events).SubscribeAsync(EventVersion.Zero).GetAsyncEnumerator();

        // No time passes here, so no patience either.
        Assert.IsTrue(await events.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.AreEqual("first", events.Current.AggregateId);

        // A rollback notifies nobody, and the poll is ten seconds away.
        var next = events.MoveNextAsync().AsTask();
        await PassAsync(TimeSpan.FromSeconds(7));
        Assert.IsFalse(next.IsCompleted);
        await _holder.RunAsync("ROLLBACK");
        Assert.IsTrue(await PassSlowlyUntilAsync(next));
        Assert.AreEqual("higher", events.Current.AggregateId);
    }

    [TestMethod]
    public async Task Who_asks_for_unsettled_events_waits_for_nothing()
    {
        await HoldAsync();
        await _store.Events.StoreAsync(Sample.Event("higher"));

        // No time passes here: had one of them to wait, it would never come back.
        Assert.AreEqual("first higher", await IdsAsync(_store.Events.ReadAsync(new EventQuery { IncludeUnsettled = true })));
        Assert.AreEqual("higher first", await IdsAsync(_store.Events.ReadAsync(new EventQuery { Direction = ReadDirection.Backwards })));
        Assert.AreEqual("higher", await IdsAsync(_store.Events.LoadByAggregateAsync("higher")));
    }

    [TestMethod]
    public async Task An_unrelated_transaction_delays_nothing()
    {
        await _holder.RunAsync("CREATE TABLE other (id BIGSERIAL); INSERT INTO other DEFAULT VALUES; CREATE SCHEMA elsewhere");
        var otherLog = new NpgsqlConnectionStringBuilder(_database.ConnectionString) { SearchPath = "elsewhere" }.ConnectionString;
        await EventStoreSchema.MigrateAsync(otherLog);
        await using var elsewhere = await RawSql.ConnectAsync(otherLog);
        await _holder.RunAsync(
            "BEGIN ISOLATION LEVEL REPEATABLE READ; INSERT INTO other DEFAULT VALUES; SELECT * FROM events; LOCK TABLE other; UPDATE events SET event_type = 'Edited' WHERE version = 1");
        await elsewhere.RunAsync("BEGIN; INSERT INTO events (id, aggregate_id, event_type) VALUES ('1', 'a', 'T')");
        await _store.Events.StoreAsync(Sample.Event("second"));

        Assert.AreEqual("first second", await IdsAsync(_store.Events.LoadAsync(EventVersion.Zero)));
        Assert.AreEqual(2, (await _store.Events.GetLatestVersionAsync()).Value);
    }

    [TestMethod]
    public async Task An_open_append_in_another_database_delays_nothing()
    {
        await using var other = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        await using var connection = await RawSql.ConnectAsync(other.ConnectionString);
        await connection.RunAsync("BEGIN; INSERT INTO events (id, aggregate_id, event_type) VALUES ('1', 'a', 'T')");
        await _store.Events.StoreAsync(Sample.Event("second"));

        Assert.AreEqual("first second", await IdsAsync(_store.Events.LoadAsync(EventVersion.Zero)));
    }

    [TestMethod]
    public async Task Versions_that_were_rolled_back_do_not_stop_a_read()
    {
        for (var n = 0; n < 5; n++)
        {
            await _holder.RunAsync("BEGIN");
            await InsertAsync($"gone {n}");
            await _holder.RunAsync("ROLLBACK");
            await _store.Events.StoreAsync(Sample.Event($"kept{n}"));
        }

        Assert.AreEqual("first kept0 kept1 kept2 kept3 kept4", await IdsAsync(_store.Events.LoadAsync(EventVersion.Zero)));
    }

    [TestMethod]
    public async Task A_savepoint_that_was_rolled_back_in_an_open_transaction_is_waited_for_as_well()
    {
        // The transaction goes on and may commit a lower version yet.
        await _holder.RunAsync("BEGIN; SAVEPOINT here");
        await InsertAsync("gone");
        await _holder.RunAsync("ROLLBACK TO SAVEPOINT here");
        await InsertAsync("held");
        await _store.Events.StoreAsync(Sample.Event("higher"));
        var load = Task.Run(() => IdsAsync(_store.Events.LoadAsync(EventVersion.Zero)));
        await PassAsync(TimeSpan.FromSeconds(1));
        Assert.IsFalse(load.IsCompleted);

        await _holder.RunAsync("COMMIT");

        Assert.AreEqual("first held higher", await PassSlowlyUntilAsync(load));
    }

    [TestMethod]
    public async Task A_version_drawn_in_an_earlier_statement_is_waited_for()
    {
        await _holder.RunAsync("BEGIN");
        var drawn = await _holder.ScalarAsync<long>("SELECT nextval('events_version_seq')");
        await _store.Events.StoreAsync(Sample.Event("higher"));
        var load = Task.Run(() => IdsAsync(_store.Events.LoadAsync(EventVersion.Zero)));
        await PassAsync(TimeSpan.FromSeconds(1));
        Assert.IsFalse(load.IsCompleted);

        await _holder.RunAsync(
            "INSERT INTO events (version, id, aggregate_id, event_type, stream_version) VALUES ($1, 'held', 'held', 'T', 1)", drawn);
        await _holder.RunAsync("COMMIT");

        Assert.AreEqual("first held higher", await PassSlowlyUntilAsync(load));
    }

    [TestMethod]
    public async Task A_reader_that_keeps_its_cursor_loses_nothing_among_writers_that_commit_out_of_order()
    {
        // Real time: the order of commits against draws is the point.
        await using var store = new TestStore(_database.ConnectionString);
        using var enough = new CancellationTokenSource();
        var writers = Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            var random = new Random(writer);
            await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
            for (var i = 0; i < 60; i++)
            {
                await connection.RunAsync("BEGIN");
                await connection.RunAsync(
                    "INSERT INTO events (id, aggregate_id, event_type) VALUES ($1, $1, 'T')", $"w{writer}-{i}");
                await connection.RunAsync("SELECT pg_sleep($1)", random.NextDouble() * 0.01);
                await connection.RunAsync(random.Next(5) == 0 ? "ROLLBACK" : "COMMIT");
                await store.Events.StoreAsync(Sample.Event($"s{writer}-{i}"));
            }
        })));
        _ = writers.ContinueWith(_ => enough.Cancel(), TaskScheduler.Default);

        var (read, cursor) = (new List<long>(), EventVersion.Zero);
        for (var last = false; ;)
        {
            await foreach (var stored in store.Events.LoadAsync(cursor))
            {
                read.Add(stored.Version.Value);
                cursor = stored.Version;
            }

            if (last)
            {
                break;
            }

            last = enough.IsCancellationRequested;
        }

        await writers;
        await using var reading = await RawSql.ConnectAsync(_database.ConnectionString);
        CollectionAssert.AreEqual(await reading.ColumnAsync<long>("SELECT version FROM events ORDER BY version"), read);
    }

    /// <summary>Leaves a transaction open that has drawn the next version.</summary>
    private async Task HoldAsync()
    {
        await _holder.RunAsync("BEGIN");
        await InsertAsync("held");
    }

    private Task<int> InsertAsync(string id) =>
        _holder.RunAsync("INSERT INTO events (id, aggregate_id, event_type) VALUES ($1, $1, 'T')", id);

    /// <summary>Lets the store's clock go on, giving what waits on it the chance to run.</summary>
    private async Task PassAsync(TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromMilliseconds(50))
        {
            await StepAsync(50);
        }
    }

    private async Task<T> PassUntilAsync<T>(Task<T> task)
    {
        while (!task.IsCompleted)
        {
            await StepAsync(50);
        }

        return await task;
    }

    /// <summary>As slowly as it takes for a busy server to answer before a reader's patience has passed.</summary>
    private async Task<T> PassSlowlyUntilAsync<T>(Task<T> task)
    {
        while (!task.IsCompleted)
        {
            await StepAsync(1);
        }

        return await task;
    }

    private async Task StepAsync(int milliseconds)
    {
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        await _holder.RunAsync("SELECT 1");
    }

    private static async Task<string> IdsAsync(IAsyncEnumerable<StoredEvent> events) =>
        string.Join(' ', await events.Select(stored => stored.AggregateId).ToListAsync());
}
