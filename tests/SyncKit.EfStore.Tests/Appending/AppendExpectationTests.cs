using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Appending;

[TestClass]
public sealed class AppendExpectationTests
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

    public static IEnumerable<object[]> Expectations =>
    [
        [0, ExpectedVersion.Any, true], [2, ExpectedVersion.Any, true],
        [0, ExpectedVersion.NoStream, true], [2, ExpectedVersion.NoStream, false],
        [0, ExpectedVersion.StreamExists, false], [2, ExpectedVersion.StreamExists, true],
        [2, ExpectedVersion.Exactly(2), true], [2, ExpectedVersion.Exactly(1), false], [2, ExpectedVersion.Exactly(3), false],
        [0, ExpectedVersion.Exactly(1), false], [2, ExpectedVersion.Exactly(long.MaxValue - 1), false],
    ];

    [TestMethod]
    [DynamicData(nameof(Expectations))]
    public async Task An_append_is_stored_only_where_the_stream_is_as_expected(int length, ExpectedVersion expected, bool stored)
    {
        var stream = Sample.Stream();
        if (length > 0)
        {
            await _store.Events.StoreAsync(Sample.Events(stream, length));
        }

        var given = Sample.Events(stream, 2);
        if (stored)
        {
            var result = await _store.Events.AppendAsync(given, expected);

            Assert.IsFalse(result.AlreadyStored);
            CollectionAssert.AreEqual((long[])[length + 1, length + 2], result.Events.Select(e => e.StreamVersion).ToArray());
            CollectionAssert.AreEqual(given.Select(e => e.Id).ToArray(), result.Events.Select(e => e.Id).ToArray());
            Assert.AreEqual(length + 2, result.StreamVersion);
        }
        else
        {
            var conflict = await Assert.ThrowsExactlyAsync<WrongExpectedVersionException>(() => _store.Events.AppendAsync(given, expected));

            Assert.AreEqual((stream, expected, (long)length), (conflict.AggregateId, conflict.Expected, conflict.Actual));
        }

        Assert.HasCount(stored ? length + 2 : length, await _store.StreamAsync(stream));
    }

    [TestMethod]
    public async Task A_conflict_says_what_was_expected_and_what_was_found()
    {
        var stream = Sample.Stream();
        var absent = await ConflictAsync(ExpectedVersion.Exactly(3));
        await _store.Events.StoreAsync(Sample.Events(stream, 5));
        var longer = await ConflictAsync(ExpectedVersion.Exactly(3));

        Assert.AreEqual(
            $"Stream '{stream}' does not exist, but the append expected stream version 3. Read the stream and decide again.", absent.Message);
        Assert.AreEqual(
            $"Stream '{stream}' is at stream version 5, but the append expected stream version 3. Read the stream and decide again.", longer.Message);

        Task<WrongExpectedVersionException> ConflictAsync(ExpectedVersion expected) =>
            Assert.ThrowsExactlyAsync<WrongExpectedVersionException>(() => _store.Events.AppendAsync([Sample.Event(stream)], expected));
    }

    [TestMethod]
    public async Task Several_streams_are_appended_to_in_the_callers_order()
    {
        var (a, b, c) = (Sample.Stream(), Sample.Stream(), Sample.Stream());
        await _store.Events.StoreAsync(Sample.Events(b, 2));

        var result = await _store.Events.AppendAsync(
        [
            new StreamAppend(ExpectedVersion.Exactly(2), Sample.Events(b, 2)),
            new StreamAppend(ExpectedVersion.NoStream, Sample.Event(a)),
            new StreamAppend(ExpectedVersion.Any, Sample.Events(c, 2)),
        ]);

        CollectionAssert.AreEqual((string[])[b, b, a, c, c], result.Events.Select(e => e.AggregateId).ToArray());
        CollectionAssert.AreEqual((long[])[3, 4, 1, 1, 2], result.Events.Select(e => e.StreamVersion).ToArray());
        CollectionAssert.AreEqual(result.Events.OrderBy(e => e.Version).ToArray(), result.Events.ToArray());
    }

    [TestMethod]
    public async Task One_stream_that_is_elsewhere_stops_all_and_the_first_is_named()
    {
        var (a, b, c) = (Sample.Stream(), Sample.Stream(), Sample.Stream());

        var conflict = await Assert.ThrowsExactlyAsync<WrongExpectedVersionException>(() => _store.Events.AppendAsync(
        [
            new StreamAppend(ExpectedVersion.NoStream, Sample.Event(c)),
            new StreamAppend(ExpectedVersion.StreamExists, Sample.Event(b)),
            new StreamAppend(ExpectedVersion.Exactly(7), Sample.Event(a)),
        ]));

        Assert.AreEqual(b, conflict.AggregateId);
        foreach (var stream in (string[])[a, b, c])
        {
            Assert.IsEmpty(await _store.StreamAsync(stream));
        }
    }

    [TestMethod]
    public async Task Events_of_several_streams_in_any_mixture_are_stored_in_their_order()
    {
        var (a, b) = (Sample.Stream(), Sample.Stream());

        var result = await _store.Events.StoreAsync([Sample.Event(a, 1), Sample.Event(b, 1), Sample.Event(a, 2), Sample.Event(b, 2), Sample.Event(a, 3)]);

        CollectionAssert.AreEqual((long[])[1, 1, 2, 2, 3], result.Events.Select(e => e.StreamVersion).ToArray());
        CollectionAssert.AreEqual(result.Events.OrderBy(e => e.Version).ToArray(), result.Events.ToArray());
        CollectionAssert.AreEqual(
            result.Events.Select(e => e.Id).ToArray(),
            (await _store.Events.ReadAsync(new EventQuery { After = new EventVersion(result.Events[0].Version.Value - 1) }).Take(5).ToListAsync())
                .Select(e => e.Id).ToArray());
    }

    [TestMethod]
    public async Task A_thousand_streams_are_stored_and_one_more_is_refused()
    {
        var prefix = Sample.Stream();
        EventData[] Named(int count) => [.. Enumerable.Range(0, count).Select(i => Sample.Event($"{prefix}-{i}"))];

        var refused = await Assert.ThrowsExactlyAsync<InvalidInputException>(() => _store.Events.StoreAsync(Named(1_001)));
        await Assert.ThrowsExactlyAsync<InvalidInputException>(() => _store.Events.AppendAsync(
            [.. Named(1_001).Select(given => new StreamAppend(ExpectedVersion.Any, given))]));
        var result = await _store.Events.StoreAsync(Named(1_000));

        Assert.AreEqual("The events must name at most 1000 streams in one append; they name 1001.", refused.Message);
        Assert.HasCount(1_000, result.Events);
    }

    [TestMethod]
    public async Task Many_events_in_one_append_keep_their_order()
    {
        var stream = Sample.Stream();
        var given = Sample.Events(stream, 5_000);

        var result = await _store.Events.AppendAsync(given, ExpectedVersion.NoStream);

        CollectionAssert.AreEqual(Enumerable.Range(1, 5_000).Select(i => (long)i).ToArray(), result.Events.Select(e => e.StreamVersion).ToArray());
        CollectionAssert.AreEqual(given.Select(e => e.Id).ToArray(), (await _store.StreamAsync(stream)).Select(e => e.Id).ToArray());
    }

    [TestMethod]
    public async Task What_is_stored_is_what_was_given()
    {
        var stream = Sample.Stream();
        var at = new DateTimeOffset(2020, 2, 29, 12, 0, 0, TimeSpan.FromHours(3));
        var given = new EventData(stream, "Gegeben", EventJson.Parse("""{"b": 1e2, "a": [null, "ß"]}""", "data"))
        {
            Id = "a chosen id " + stream,
            Metadata = EventJson.Parse("[1]", "metadata"),
            CreatedAt = at,
        };

        var result = await _store.Events.StoreAsync(given);

        Assert.AreEqual(
            (result.Version, 1L, given.Id, stream, "Gegeben", """{"a": [null, "ß"], "b": 100}""", "[1]", at.ToUniversalTime(), "stream_" + stream),
            (await _store.StreamAsync(stream)).Select(e =>
                (e.Version, e.StreamVersion, e.Id, e.AggregateId, e.EventType, e.Data!.ToString(), e.Metadata!.ToString(), e.CreatedAt!.Value, e.StreamName))
                .Single());
    }
}
