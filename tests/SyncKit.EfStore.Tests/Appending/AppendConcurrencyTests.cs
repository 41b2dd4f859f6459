using Npgsql;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Appending;

[TestClass]
public sealed class AppendConcurrencyTests
{
    private static PostgresDatabase _database = null!;
    private static TestStore _store = null!;

    [ClassInitialize]
    public static async Task Open(TestContext context)
    {
        _database = await (await TestServer.GetAsync()).CreateDatabaseAsync(context.CancellationToken);
        _store = new TestStore(_database.ConnectionString);
    }

    [ClassCleanup]
    public static async Task Close()
    {
        await _store.DisposeAsync();
        await _database.DisposeAsync();
    }

    [TestMethod]
    public async Task Sixteen_writers_that_read_and_append_exactly_lose_nothing()
    {
        const int writers = 16;
        const int each = 50;
        var stream = Sample.Stream();
        var conflicts = 0;
        var meeting = new Meeting(writers);

        var stored = await Task.WhenAll(Enumerable.Range(0, writers).Select(_ => Task.Run(async () =>
        {
            var places = new List<AppendedEvent>();
            while (places.Count < each)
            {
                var head = await _store.Events
                    .ReadAsync(new EventQuery { AggregateId = stream, Direction = ReadDirection.Backwards, Limit = 1 })
                    .Select(last => last.StreamVersion).FirstOrDefaultAsync();
                await meeting.ArriveAsync();
                try
                {
                    places.AddRange((await _store.Events.AppendAsync([Sample.Event(stream)], ExpectedVersion.Exactly(head))).Events);
                }
                catch (WrongExpectedVersionException conflict)
                {
                    Assert.AreEqual((stream, ExpectedVersion.Exactly(head)), (conflict.AggregateId, conflict.Expected));
                    Assert.IsGreaterThan(head, conflict.Actual);
                    Interlocked.Increment(ref conflicts);
                }
            }

            return places;
        })));

        var log = await _store.StreamAsync(stream);
        CollectionAssert.AreEqual(Enumerable.Range(1, writers * each).Select(n => (long)n).ToArray(), log.Select(e => e.StreamVersion).ToArray());
        CollectionAssert.AreEquivalent(log.Select(e => e.Id).ToArray(), stored.SelectMany(places => places).Select(e => e.Id).ToArray());
        Assert.IsGreaterThan(0, conflicts, "the writers never met");
    }

    [TestMethod]
    public async Task Any_never_fails_however_many_write()
    {
        const int writers = 16;
        const int each = 25;
        var stream = Sample.Stream();

        await Task.WhenAll(Enumerable.Range(0, writers).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < each; i++)
            {
                await _store.Events.StoreAsync(Sample.Event(stream));
            }
        })));

        CollectionAssert.AreEqual(
            Enumerable.Range(1, writers * each).Select(n => (long)n).ToArray(), (await _store.StreamAsync(stream)).Select(e => e.StreamVersion).ToArray());
    }

    [TestMethod]
    public async Task Appends_that_cross_several_streams_do_not_deadlock()
    {
        const int tasks = 12;
        var prefix = Sample.Stream();
        string[] streams = [.. Enumerable.Range(0, 6).Select(n => $"{prefix}-{n}")];

        await Task.WhenAll(Enumerable.Range(0, tasks).Select(task => Task.Run(async () =>
        {
            var random = new Random(task);
            for (var i = 0; i < 15; i++)
            {
                var order = (string[])streams.Clone();
                random.Shuffle(order);
                await _store.Events.AppendAsync([.. order.Select(stream => new StreamAppend(ExpectedVersion.Any, Sample.Events(stream, 2)))]);
            }
        })));

        foreach (var stream in streams)
        {
            CollectionAssert.AreEqual(
                Enumerable.Range(1, tasks * 30).Select(n => (long)n).ToArray(), (await _store.StreamAsync(stream)).Select(e => e.StreamVersion).ToArray());
        }

        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        Assert.AreEqual(0, await connection.ScalarAsync<long>("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"));
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task An_id_held_by_an_open_transaction_is_waited_for(bool commits)
    {
        var stream = Sample.Stream();
        var given = Sample.Event(stream, 7);
        await using var holder = await RawSql.ConnectAsync(_database.ConnectionString);
        await using var watcher = await RawSql.ConnectAsync(_database.ConnectionString);
        await holder.RunAsync("BEGIN");
        await holder.RunAsync(
            "INSERT INTO events (id, aggregate_id, event_type, data, stream_version) VALUES ($1, $2, 'Tested', '{\"number\": 7}', 1)", given.Id, stream);

        var append = Task.Run(() => _store.Events.AppendAsync([given], ExpectedVersion.NoStream));
        await watcher.SomeoneWaitsAsync();
        Assert.IsFalse(append.IsCompleted);
        await holder.RunAsync(commits ? "COMMIT" : "ROLLBACK");

        Assert.AreEqual(commits, (await append).AlreadyStored);
        Assert.AreEqual(1, (await append).StreamVersion);
        Assert.HasCount(1, await _store.StreamAsync(stream));
    }

    [TestMethod]
    public async Task An_id_held_by_an_open_transaction_with_other_content_is_refused_when_it_commits()
    {
        var stream = Sample.Stream();
        var given = Sample.Event(stream);
        await using var holder = await RawSql.ConnectAsync(_database.ConnectionString);
        await using var watcher = await RawSql.ConnectAsync(_database.ConnectionString);
        await holder.RunAsync("BEGIN");
        await holder.RunAsync("INSERT INTO events (id, aggregate_id, event_type) VALUES ($1, 'another stream', 'Tested')", given.Id);

        var append = Task.Run(() => _store.Events.StoreAsync(given));
        await watcher.SomeoneWaitsAsync();
        await holder.RunAsync("COMMIT");

        var refused = await Assert.ThrowsExactlyAsync<DuplicateEventException>(() => append);
        CollectionAssert.AreEqual((string[])[given.Id], refused.ConflictingIds.ToArray());
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Any_goes_behind_a_writer_that_takes_no_lock(bool commits)
    {
        var (stream, append, holder) = await CollideAsync(ExpectedVersion.Any);
        await using var held = holder;
        await holder.RunAsync(commits ? "COMMIT" : "ROLLBACK");

        var result = await append;

        Assert.AreEqual(commits ? 2 : 1, result.StreamVersion);
        Assert.HasCount(commits ? 2 : 1, await _store.StreamAsync(stream));
    }

    [TestMethod]
    public async Task Exactly_conflicts_with_a_writer_that_takes_no_lock()
    {
        var (stream, append, holder) = await CollideAsync(ExpectedVersion.NoStream);
        await using var held = holder;
        await holder.RunAsync("COMMIT");

        var conflict = await Assert.ThrowsExactlyAsync<WrongExpectedVersionException>(() => append);

        Assert.AreEqual((stream, 1L), (conflict.AggregateId, conflict.Actual));
        Assert.IsInstanceOfType<PostgresException>(conflict.InnerException);
        Assert.HasCount(1, await _store.StreamAsync(stream));
    }

    [TestMethod]
    public async Task Any_outlasts_a_flood_of_writers_that_take_no_lock()
    {
        var stream = Sample.Stream();
        using var enough = new CancellationTokenSource();
        var flood = Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
            while (!enough.IsCancellationRequested)
            {
                try
                {
                    await connection.RunAsync(
                        """
                        INSERT INTO events (id, aggregate_id, event_type, stream_version)
                        SELECT gen_random_uuid(), $1, 'Foreign', coalesce(max(stream_version), 0) + 1 FROM events WHERE aggregate_id = $1
                        """,
                        stream);
                }
                catch (PostgresException lost) when (lost.SqlState == PostgresErrorCodes.UniqueViolation)
                {
                }
            }
        })));

        for (var i = 0; i < 100; i++)
        {
            await _store.Events.StoreAsync(Sample.Event(stream));
        }

        await enough.CancelAsync();
        await flood;
        var log = await _store.StreamAsync(stream);
        Assert.AreEqual(100, log.Count(e => e.EventType == "Tested"));
        CollectionAssert.AreEqual(Enumerable.Range(1, log.Count).Select(n => (long)n).ToArray(), log.Select(e => e.StreamVersion).ToArray());
    }

    /// <summary>An append that waits for a foreign row at stream version 1, whose writer took no lock and is still open.</summary>
    private static async Task<(string Stream, Task<AppendResult> Append, NpgsqlConnection Holder)> CollideAsync(ExpectedVersion expected)
    {
        var stream = Sample.Stream();
        var holder = await RawSql.ConnectAsync(_database.ConnectionString);
        await holder.RunAsync("BEGIN");
        await holder.RunAsync("INSERT INTO events (id, aggregate_id, event_type, stream_version) VALUES ($1, $1, 'Foreign', 1)", stream);
        var append = Task.Run(() => _store.Events.AppendAsync([Sample.Event(stream)], expected));
        await using var watcher = await RawSql.ConnectAsync(_database.ConnectionString);
        await watcher.SomeoneWaitsAsync();
        return (stream, append, holder);
    }
}
