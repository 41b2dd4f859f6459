using Npgsql;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Appending;

/// <summary>What another program hears of a store's appends in each mode. A store that is disposed has told all it ever will.</summary>
[TestClass]
public sealed class NotifyModeTests
{
    private PostgresDatabase _database = null!;

    [TestInitialize]
    public async Task CreateDatabase() => _database = await (await TestServer.GetAsync()).CreateDatabaseAsync();

    [TestCleanup]
    public async Task DropDatabase() => await _database.DisposeAsync();

    [TestMethod]
    public async Task Trigger_is_the_default_and_tells_of_each_event()
    {
        await using var listener = await RawListener.StartAsync(_database.ConnectionString, "events_global", "stream_a");
        await using (var store = new TestStore(_database.ConnectionString))
        {
            await store.Events.StoreAsync(Sample.Events("a", 3));
        }

        var received = await listener.DrainAsync();
        Assert.HasCount(6, received);
        Assert.IsTrue(received.All(n => n.Payload.Contains("\"stream_version\"", StringComparison.Ordinal)));
    }

    [TestMethod]
    [DataRow(true, DisplayName = "a data source handed in")]
    [DataRow(false, DisplayName = "a connection string")]
    public async Task After_commit_tells_ranges_only(bool dataSource)
    {
        var longName = new string('x', 200);
        await using var source = NpgsqlDataSource.Create(_database.ConnectionString);
        await using var names = await RawSql.ConnectAsync(_database.ConnectionString);
        var hashed = await names.ScalarAsync<string>("SELECT event_stream_channel('stream_' || $1)", longName);
        await using var listener = await RawListener.StartAsync(_database.ConnectionString, "events_global", "stream_a", hashed);
        AppendResult result;
        await using (var store = new TestStore(_database.ConnectionString, options =>
        {
            options.NotifyMode = NotifyMode.AfterCommit;
            if (dataSource)
            {
                (options.DataSource, options.ConnectionString) = (source, null);
            }
        }))
        {
            result = await store.Events.StoreAsync([.. Sample.Events("a", 3), .. Sample.Events(longName, 2)]);
        }

        var versions = result.Events.Select(e => e.Version.Value).ToArray();
        CollectionAssert.AreEquivalent(
            (Told[])
            [
                new("events_global", versions[0], versions[4], 5),
                new("stream_a", versions[0], versions[2], 3),
                new(hashed, versions[3], versions[4], 2),
            ],
            (await listener.DrainAsync()).Select(Told.Parse).ToArray());
    }

    [TestMethod]
    public async Task None_tells_nothing()
    {
        await using var listener = await RawListener.StartAsync(_database.ConnectionString, "events_global", "stream_a");
        await using (var store = new TestStore(_database.ConnectionString, options => options.NotifyMode = NotifyMode.None))
        {
            await store.Events.StoreAsync(Sample.Events("a", 3));
            await store.Events.AppendAsync([Sample.Event("a")], ExpectedVersion.Exactly(3));
        }

        Assert.IsEmpty(await listener.DrainAsync());
    }

    [TestMethod]
    [DataRow(NotifyMode.Trigger)]
    [DataRow(NotifyMode.AfterCommit)]
    [DataRow(NotifyMode.None)]
    public async Task Who_writes_past_the_store_notifies_in_every_mode(NotifyMode mode)
    {
        // One connection for all, so that what an append set for its transaction would meet the next writer.
        await using var source = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(_database.ConnectionString) { MaxPoolSize = 1, NoResetOnClose = true }.ConnectionString);
        await using var listener = await RawListener.StartAsync(_database.ConnectionString, "stream_ef", "stream_raw");
        await using (var store = new TestStore(_database.ConnectionString, options =>
            (options.DataSource, options.ConnectionString, options.NotifyMode) = (source, null, mode)))
        {
            await store.Events.StoreAsync(Sample.Events("store", 3));
            await using (var db = store.CreateContext())
            {
                db.Events.Add(new EventRow { Id = "ef", AggregateId = "ef", EventType = "T" });
                await db.SaveChangesAsync();
            }

            await store.Events.StoreAsync(Sample.Events("store", 3));
            await using var raw = await source.OpenConnectionAsync();
            await raw.RunAsync("INSERT INTO events (id, aggregate_id, event_type) VALUES ('raw', 'raw', 'T')");
        }

        CollectionAssert.AreEqual(
            (string[])["stream_ef", "stream_raw"], (await listener.DrainAsync()).Select(n => n.Channel).ToArray());
    }

    [TestMethod]
    [DataRow(NotifyMode.Trigger)]
    [DataRow(NotifyMode.AfterCommit)]
    public async Task What_is_not_stored_or_was_stored_before_is_not_told(NotifyMode mode)
    {
        var before = Sample.Events("a", 2);
        await using (var store = new TestStore(_database.ConnectionString, options => options.NotifyMode = NotifyMode.None))
        {
            await store.Events.StoreAsync(before);
        }

        await using var listener = await RawListener.StartAsync(_database.ConnectionString, "events_global", "stream_a");
        await using (var store = new TestStore(_database.ConnectionString, options => options.NotifyMode = mode))
        {
            await Assert.ThrowsExactlyAsync<WrongExpectedVersionException>(
                () => store.Events.AppendAsync([Sample.Event("a")], ExpectedVersion.NoStream));
            await Assert.ThrowsExactlyAsync<DuplicateEventException>(() => store.Events.StoreAsync([before[0], Sample.Event("a")]));
            Assert.IsTrue((await store.Events.StoreAsync(before)).AlreadyStored);
        }

        Assert.IsEmpty(await listener.DrainAsync());
    }

    [TestMethod]
    public async Task What_is_told_after_the_commit_is_there()
    {
        await using var store = new TestStore(_database.ConnectionString, options => options.NotifyMode = NotifyMode.AfterCommit);
        await using var listening = await RawSql.ConnectAsync(_database.ConnectionString);
        await using var reading = await RawSql.ConnectAsync(_database.ConnectionString);
        var arrived = new Queue<Told>();
        listening.Notification += (_, n) => arrived.Enqueue(Told.Parse((n.Channel, n.Payload)));
        await listening.RunAsync("LISTEN events_global");

        var appending = Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            for (var number = 0; number < 25; number++)
            {
                await store.Events.StoreAsync(Sample.Event($"stream-{writer}", number));
            }
        })));

        for (var told = 0L; told < 200;)
        {
            await listening.WaitAsync();
            while (arrived.TryDequeue(out var range))
            {
                told += range.Count;
                Assert.IsGreaterThanOrEqualTo(
                    range.Count,
                    await reading.ScalarAsync<long>("SELECT count(*) FROM events WHERE version BETWEEN $1 AND $2", range.First, range.Last));
            }
        }

        await appending;
    }
}
