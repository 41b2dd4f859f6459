using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Reading;

[TestClass]
public sealed class ReadTests
{
    private const int Count = 30;

    private static PostgresDatabase _database = null!;
    private static TestStore _store = null!;
    private static List<StoredEvent> _log = null!;

    [ClassInitialize]
    public static async Task Open(TestContext context)
    {
        _database = await (await TestServer.GetAsync()).CreateDatabaseAsync(context.CancellationToken);
        _store = new TestStore(_database.ConnectionString);
        for (var n = 1; n <= Count; n++)
        {
            // Every fourth append burns a version, so that the log has gaps at page boundaries too.
            if (n % 4 == 0)
            {
                await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
                await connection.RunAsync("BEGIN; INSERT INTO events (id, aggregate_id, event_type) VALUES ('x', 'x', 'x'); ROLLBACK");
            }

            await _store.Events.StoreAsync(new EventData($"stream-{n % 3}", $"Type{n % 5}", EventJson.Parse("{}")) { CreatedAt = At(n) });
        }

        _log = await _store.Events.LoadAsync(EventVersion.Zero).ToListAsync();
    }

    [ClassCleanup]
    public static async Task Close()
    {
        await _store.DisposeAsync();
        await _database.DisposeAsync();
    }

    public static IEnumerable<object[]> Queries =>
        from name in Named.Keys
        from batchSize in (int[])[1, 2, 7, 30, 1_000]
        select new object[] { name, batchSize };

    private static Dictionary<string, (EventQuery Query, Func<IEnumerable<StoredEvent>, IEnumerable<StoredEvent>> Model)> Named => new()
    {
        ["everything"] = (new EventQuery(), log => log),
        ["everything, unsettled too"] = (new EventQuery { IncludeUnsettled = true }, log => log),
        ["backwards"] = (new EventQuery { Direction = ReadDirection.Backwards }, log => log.Reverse()),
        ["one stream"] = (new EventQuery { AggregateId = "stream-1" }, log => log.Where(e => e.AggregateId == "stream-1")),
        ["one stream backwards, limited"] = (
            new EventQuery { AggregateId = "stream-1", Direction = ReadDirection.Backwards, Limit = 3 },
            log => log.Reverse().Where(e => e.AggregateId == "stream-1").Take(3)),
        ["no such stream"] = (new EventQuery { AggregateId = "stream" }, _ => []),
        ["one type"] = (new EventQuery { EventTypes = ["Type2"] }, log => log.Where(e => e.EventType == "Type2")),
        ["two types"] = (
            new EventQuery { EventTypes = ["Type2", "Type4", "Type2"] }, log => log.Where(e => e.EventType is "Type2" or "Type4")),
        ["no such type"] = (new EventQuery { EventTypes = ["Type"] }, _ => []),
        ["after and before"] = (
            new EventQuery { After = Version(4), Before = Version(20) }, log => log.Where(e => e.Version > Version(4) && e.Version < Version(20))),
        ["after and before, backwards"] = (
            new EventQuery { After = Version(4), Before = Version(20), Direction = ReadDirection.Backwards },
            log => log.Reverse().Where(e => e.Version > Version(4) && e.Version < Version(20))),
        ["after the last"] = (new EventQuery { After = Version(Count) }, _ => []),
        ["after the end of numbers"] = (new EventQuery { After = new EventVersion(long.MaxValue) }, _ => []),
        ["before the first"] = (new EventQuery { Before = Version(1) }, _ => []),
        ["before the end of numbers"] = (new EventQuery { Before = new EventVersion(long.MaxValue) }, log => log),
        ["created from"] = (new EventQuery { CreatedFrom = At(12) }, log => log.Where(e => e.CreatedAt >= At(12))),
        ["created from and before, another zone"] = (
            new EventQuery { CreatedFrom = At(12).ToOffset(TimeSpan.FromHours(9)), CreatedBefore = At(20).ToOffset(TimeSpan.FromHours(-7)) },
            log => log.Where(e => e.CreatedAt >= At(12) && e.CreatedAt < At(20))),
        ["limited"] = (new EventQuery { Limit = 7 }, log => log.Take(7)),
        ["limited to more than there is"] = (new EventQuery { Limit = long.MaxValue }, log => log),
        ["everything at once"] = (
            new EventQuery
            {
                AggregateId = "stream-2",
                EventTypes = ["Type0", "Type1", "Type2"],
                After = Version(3),
                Before = Version(28),
                CreatedFrom = At(2),
                CreatedBefore = At(27),
                Direction = ReadDirection.Backwards,
                Limit = 2,
            },
            log => log.Reverse().Where(e => e.EventType is "Type0" or "Type1" or "Type2")
                .Where(e => e.AggregateId == "stream-2" && e.Version > Version(3) && e.Version < Version(28) && e.CreatedAt >= At(2) && e.CreatedAt < At(27))
                .Take(2)),
    };

    [TestMethod]
    [DynamicData(nameof(Queries))]
    public async Task A_query_gives_what_a_filter_over_the_whole_log_gives(string name, int batchSize)
    {
        await using var store = new TestStore(_database.ConnectionString, options => options.BatchSize = batchSize);
        var (query, model) = Named[name];

        var read = await store.Events.ReadAsync(query).Select(e => e.Version.Value).ToListAsync();

        CollectionAssert.AreEqual(model(_log).Select(e => e.Version.Value).ToList(), read);
    }

    [TestMethod]
    public void The_log_read_is_the_log_written()
    {
        Assert.HasCount(Count, _log);
        CollectionAssert.AreEqual(Enumerable.Range(1, Count).Select(At).ToArray(), _log.Select(e => e.CreatedAt!.Value).ToArray());
        CollectionAssert.AreEqual(_log.OrderBy(e => e.Version).ToArray(), _log.ToArray());
        Assert.IsGreaterThan(Count, _log[^1].Version.Value, "the log has no gaps");
    }

    [TestMethod]
    public async Task Loading_from_each_version_on_gives_the_rest()
    {
        foreach (var e in _log)
        {
            Assert.HasCount(_log.Count(other => other.Version > e.Version), await _store.Events.LoadAsync(e.Version).ToListAsync());
            Assert.HasCount(
                _log.Count(other => other.Version > e.Version && other.AggregateId == "stream-1"),
                await _store.Events.LoadByAggregateAsync("stream-1", e.Version).ToListAsync());
        }
    }

    [TestMethod]
    public async Task A_read_can_be_enumerated_twice()
    {
        var read = _store.Events.LoadByAggregateAsync("stream-1").Select(e => e.Version);

        CollectionAssert.AreEqual(await read.ToListAsync(), await read.ToListAsync());
    }

    [TestMethod]
    public async Task A_read_holds_no_connection_while_the_caller_takes_his_time()
    {
        await using var store = new TestStore(_database.ConnectionString, options => (options.MaxPoolSize, options.BatchSize) = (1, 2));
        var seen = 0;

        await foreach (var outer in store.Events.LoadAsync(EventVersion.Zero))
        {
            seen += await store.Events.LoadByAggregateAsync(outer.AggregateId).Take(1).CountAsync();
        }

        Assert.AreEqual(Count, seen);
    }

    [TestMethod]
    public async Task A_read_ends_when_it_is_cancelled()
    {
        using var cancellation = new CancellationTokenSource();
        var seen = 0;

        await Assert.ThrowsAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in _store.Events.LoadAsync(EventVersion.Zero, cancellation.Token))
            {
                if (++seen == 5)
                {
                    await cancellation.CancelAsync();
                }
            }
        });

        Assert.AreEqual(5, seen);
    }

    private static EventVersion Version(int place) => place <= _log?.Count ? _log[place - 1].Version : default;

    private static DateTimeOffset At(int n) => new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(n).AddMicroseconds(n);
}
