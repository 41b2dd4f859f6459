namespace SyncKit.EfStore.Tests.Contract;

/// <summary>Order, pages, filters, both ways; and the stream version of what a filter leaves.</summary>
public abstract class ReadContract<TFixture> : StoreContract<TFixture, ReadContract<TFixture>>
    where TFixture : class, IStoreFixture, new()
{
    private const int Count = 30;

    private static List<StoredEvent> _log = [];

    [ClassInitialize(InheritanceBehavior.BeforeEachDerivedClass)]
    public static async Task FillLog(TestContext context)
    {
        for (var n = 1; n <= Count; n++)
        {
            var data = EventJson.Parse($"{{\"n\": {n}}}");
            await Store.StoreAsync(new EventData($"stream-{n % 3}", $"Type{n % 5}", data) { CreatedAt = At(n) }, context.CancellationToken);
        }

        _log = await Store.LoadAsync(EventVersion.Zero, context.CancellationToken).ToListAsync();
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
        ["one stream, one type"] = (
            new EventQuery { AggregateId = "stream-1", EventTypes = ["Type2"] }, log => log.Where(e => e is { AggregateId: "stream-1", EventType: "Type2" })),
        ["one stream, from the middle"] = (
            new EventQuery { AggregateId = "stream-1", After = Version(11) }, log => log.Where(e => e.AggregateId == "stream-1" && e.Version > Version(11))),
        ["no such stream"] = (new EventQuery { AggregateId = "stream" }, _ => []),
        ["one type"] = (new EventQuery { EventTypes = ["Type2"] }, log => log.Where(e => e.EventType == "Type2")),
        ["one type, backwards"] = (
            new EventQuery { EventTypes = ["Type2"], Direction = ReadDirection.Backwards }, log => log.Reverse().Where(e => e.EventType == "Type2")),
        ["two types"] = (
            new EventQuery { EventTypes = ["Type2", "Type4", "Type2"] }, log => log.Where(e => e.EventType is "Type2" or "Type4")),
        ["no such type"] = (new EventQuery { EventTypes = ["Type", "type2", "Type%", "Type_"] }, _ => []),
        ["a prefix of all"] = (new EventQuery { AggregateIdPrefix = "stream-" }, log => log),
        ["a prefix of one"] = (new EventQuery { AggregateIdPrefix = "stream-2" }, log => log.Where(e => e.AggregateId == "stream-2")),
        ["a prefix of none"] = (new EventQuery { AggregateIdPrefix = "stream-22" }, _ => []),
        ["a prefix in another case"] = (new EventQuery { AggregateIdPrefix = "Stream" }, _ => []),
        ["a prefix with a wildcard"] = (new EventQuery { AggregateIdPrefix = "stream_" }, _ => []),
        ["a prefix that is only a pattern"] = (new EventQuery { AggregateIdPrefix = "%" }, _ => []),
        ["a prefix, from the middle, backwards"] = (
            new EventQuery { AggregateIdPrefix = "stream-2", After = Version(7), Direction = ReadDirection.Backwards },
            log => log.Reverse().Where(e => e.AggregateId == "stream-2" && e.Version > Version(7))),
        ["after and before"] = (
            new EventQuery { After = Version(4), Before = Version(20) }, log => log.Where(e => e.Version > Version(4) && e.Version < Version(20))),
        ["after and before, backwards"] = (
            new EventQuery { After = Version(4), Before = Version(20), Direction = ReadDirection.Backwards },
            log => log.Reverse().Where(e => e.Version > Version(4) && e.Version < Version(20))),
        ["after the last"] = (new EventQuery { After = Version(Count) }, _ => []),
        ["after the end of numbers"] = (new EventQuery { After = new EventVersion(long.MaxValue) }, _ => []),
        ["before the first"] = (new EventQuery { Before = Version(1) }, _ => []),
        ["before zero"] = (new EventQuery { Before = EventVersion.Zero, Direction = ReadDirection.Backwards }, _ => []),
        ["before the end of numbers"] = (new EventQuery { Before = new EventVersion(long.MaxValue) }, log => log),
        ["created from"] = (new EventQuery { CreatedFrom = At(12) }, log => log.Where(e => e.CreatedAt >= At(12))),
        ["created a microsecond later"] = (
            new EventQuery { CreatedFrom = At(12).AddMicroseconds(1) }, log => log.Where(e => e.CreatedAt > At(12))),
        ["created from and before, another zone"] = (
            new EventQuery { CreatedFrom = At(12).ToOffset(TimeSpan.FromHours(9)), CreatedBefore = At(20).ToOffset(TimeSpan.FromHours(-7)) },
            log => log.Where(e => e.CreatedAt >= At(12) && e.CreatedAt < At(20))),
        ["limited"] = (new EventQuery { Limit = 7 }, log => log.Take(7)),
        ["limited to one, backwards"] = (new EventQuery { Limit = 1, Direction = ReadDirection.Backwards }, log => log.Reverse().Take(1)),
        ["limited to more than there is"] = (new EventQuery { Limit = long.MaxValue }, log => log),
        ["everything at once"] = (
            new EventQuery
            {
                AggregateId = "stream-2",
                AggregateIdPrefix = "stre",
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
        await using var store = Fixture.Open(batchSize);
        var (query, model) = Named[name];

        var read = await store.ReadAsync(query, Token).ToListAsync(Token);

        AssertSame(model(_log), read);
    }

    [TestMethod]
    public void The_log_read_is_the_log_written()
    {
        Assert.HasCount(Count, _log);
        AssertSame(Enumerable.Range(1, Count).Select(n => (DateTimeOffset?)At(n)), _log.Select(e => e.CreatedAt));
        AssertSame(Enumerable.Range(1, Count).Select(n => ($"stream-{n % 3}", $"Type{n % 5}", (long)((n + 2) / 3))), _log.Select(e => (e.AggregateId, e.EventType, e.StreamVersion)), "3 streams in turn");
        AssertSame(_log.OrderBy(e => e.Version), _log);
    }

    [TestMethod]
    public async Task Loading_from_each_version_on_gives_the_rest()
    {
        foreach (var e in _log)
        {
            AssertSame(_log.Where(other => other.Version > e.Version), await Store.LoadAsync(e.Version, Token).ToListAsync(Token));
            AssertSame(
                _log.Where(other => other.Version > e.Version && other.AggregateId == "stream-1"),
                await Store.LoadByAggregateAsync("stream-1", e.Version, Token).ToListAsync(Token));
        }
    }

    [TestMethod]
    public async Task The_latest_version_is_that_of_the_last_event() => Assert.AreEqual(_log[^1].Version, await Store.GetLatestVersionAsync(Token));

    [TestMethod]
    public async Task A_read_can_be_enumerated_twice()
    {
        var read = Store.LoadByAggregateAsync("stream-1", cancellationToken: Token);

        AssertSame(await read.ToListAsync(Token), await read.ToListAsync(Token));
    }

    [TestMethod]
    public async Task Reads_may_be_nested_and_left_early()
    {
        await using var store = Fixture.Open(batchSize: 2);
        var seen = 0;

        await foreach (var outer in store.LoadAsync(EventVersion.Zero, Token))
        {
            await foreach (var inner in store.LoadByAggregateAsync(outer.AggregateId, cancellationToken: Token))
            {
                Assert.AreEqual(1, inner.StreamVersion);
                seen++;
                break;
            }
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
            await foreach (var _ in Store.LoadAsync(EventVersion.Zero, cancellation.Token))
            {
                if (++seen == 5)
                {
                    await cancellation.CancelAsync();
                }
            }
        });

        Assert.AreEqual(5, seen);
    }

    [TestMethod]
    public async Task A_read_that_was_cancelled_before_it_began_reads_nothing()
    {
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAsync<OperationCanceledException>(async () => await Store.LoadAsync(EventVersion.Zero, cancelled).ToListAsync(CancellationToken.None));
        await Assert.ThrowsAsync<OperationCanceledException>(() => Store.GetLatestVersionAsync(cancelled));
    }

    private static EventVersion Version(int place) => place <= _log.Count ? _log[place - 1].Version : default;

    private static DateTimeOffset At(int n) => new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(n).AddMicroseconds(n);
}
