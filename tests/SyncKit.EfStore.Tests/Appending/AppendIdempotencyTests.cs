using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Appending;

[TestClass]
public sealed class AppendIdempotencyTests
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
    public async Task The_same_events_give_the_first_places_whatever_is_expected()
    {
        var stream = Sample.Stream();
        var given = Sample.Events(stream, 3);
        var first = await _store.Events.AppendAsync(given, ExpectedVersion.NoStream);
        await _store.Events.StoreAsync(Sample.Event(stream));

        foreach (var expected in (ExpectedVersion[])
            [ExpectedVersion.Any, ExpectedVersion.NoStream, ExpectedVersion.StreamExists, ExpectedVersion.Exactly(4), ExpectedVersion.Exactly(99)])
        {
            var again = await _store.Events.AppendAsync(given, expected);

            Assert.IsTrue(again.AlreadyStored);
            CollectionAssert.AreEqual(first.Events.ToArray(), again.Events.ToArray());
        }

        Assert.HasCount(4, await _store.StreamAsync(stream));
    }

    [TestMethod]
    public async Task The_same_events_in_another_order_give_their_places_in_that_order()
    {
        var given = Sample.Events(Sample.Stream(), 3);
        var first = await _store.Events.StoreAsync(given);

        var again = await _store.Events.StoreAsync([.. given.Reverse()]);

        Assert.IsTrue(again.AlreadyStored);
        CollectionAssert.AreEqual(first.Events.Reverse().ToArray(), again.Events.ToArray());
    }

    [TestMethod]
    public async Task Events_of_several_streams_are_found_again()
    {
        var (a, b) = (Sample.Stream(), Sample.Stream());
        EventData[] given = [Sample.Event(a), Sample.Event(b)];
        var first = await _store.Events.StoreAsync(given);

        var again = await _store.Events.AppendAsync(
            [new StreamAppend(ExpectedVersion.NoStream, given[1]), new StreamAppend(ExpectedVersion.NoStream, given[0])]);

        Assert.IsTrue(again.AlreadyStored);
        CollectionAssert.AreEqual(first.Events.Reverse().ToArray(), again.Events.ToArray());
    }

    [TestMethod]
    public async Task Part_of_an_append_that_is_stored_is_named_and_the_rest_is_not_stored()
    {
        var stream = Sample.Stream();
        var given = Sample.Events(stream, 4);
        await _store.Events.StoreAsync([given[1], given[3]]);

        var refused = await Assert.ThrowsExactlyAsync<DuplicateEventException>(() => _store.Events.AppendAsync(given, ExpectedVersion.Exactly(2)));

        CollectionAssert.AreEqual((string[])[given[1].Id, given[3].Id], refused.StoredIds.ToArray());
        Assert.IsEmpty(refused.ConflictingIds);
        Assert.AreEqual(
            $"Part of this append is already stored: '{given[1].Id}', '{given[3].Id}'. "
                + "Nothing more was stored; repeat an append with all of its events, or without those.",
            refused.Message);
        Assert.HasCount(2, await _store.StreamAsync(stream));
    }

    public static IEnumerable<object[]> OtherContents =>
    [
        ["other stream", (EventData e) => Copy(e, aggregateId: e.AggregateId + "-other")],
        ["other type", (EventData e) => Copy(e, eventType: "Other")],
        ["other data", (EventData e) => Copy(e, data: """{"a": 2}""")],
        ["no data", (EventData e) => Copy(e, data: "")],
        ["JSON null for data", (EventData e) => Copy(e, data: "null")],
        ["other metadata", (EventData e) => Copy(e, metadata: """{"m": 2}""")],
        ["no metadata", (EventData e) => Copy(e, metadata: "")],
    ];

    [TestMethod]
    [DynamicData(nameof(OtherContents), DynamicDataDisplayName = nameof(CaseName))]
    public async Task Other_content_under_a_stored_id_is_refused(string what, Func<EventData, EventData> change)
    {
        _ = what;
        var stream = Sample.Stream();
        var original = EventData.FromJson(stream, "Tested", """{"a": 1}""", """{"m": 1}""");
        await _store.Events.StoreAsync(original);

        var refused = await Assert.ThrowsExactlyAsync<DuplicateEventException>(
            () => _store.Events.StoreAsync([change(original), Sample.Event(stream)]));

        CollectionAssert.AreEqual((string[])[original.Id], refused.ConflictingIds.ToArray());
        Assert.IsEmpty(refused.StoredIds);
        Assert.HasCount(1, await _store.StreamAsync(stream));
        Assert.IsEmpty(await _store.StreamAsync(stream + "-other"));
    }

    public static string CaseName(System.Reflection.MethodInfo method, object[] data) => $"{method.Name} ({data[0]})";

    [TestMethod]
    [DataRow("""{"a": 1, "b": 2}""", """{"b":2,"a":1}""")]
    [DataRow("""{"a": 1e2}""", """{"a": 100}""")]
    [DataRow("""{"a": 1.50}""", """{"a": 1.5}""")]
    [DataRow("""{"a": 1, "a": 2}""", """{"a": 2}""")]
    [DataRow("\"\\u0041\"", "\"A\"")]
    [DataRow("[ 1 ]", "[1]")]
    [DataRow("-0", "0")]
    public async Task Json_that_is_equal_as_jsonb_is_the_same_content(string first, string second)
    {
        var given = EventData.FromJson(Sample.Stream(), "Tested", first, first);
        var stored = await _store.Events.StoreAsync(given);

        var again = await _store.Events.StoreAsync(Copy(given, data: second, metadata: second));

        Assert.IsTrue(again.AlreadyStored);
        CollectionAssert.AreEqual(stored.Events.ToArray(), again.Events.ToArray());
    }

    [TestMethod]
    [DataRow(null, "{}")]
    [DataRow("""{ "user": "ann" }""", """{ "user": "ann" }""")]
    public async Task Another_trace_does_not_make_an_event_another(string? first, string? own)
    {
        var given = Sample.Event(Sample.Stream());
        var stored = await _store.Events.StoreAsync(With(first is null ? null : Traced(first, "00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-01")));

        var again = await _store.Events.StoreAsync(With(Traced(own!, "00-cccccccccccccccccccccccccccccccc-dddddddddddddddd-01")));
        var bare = await _store.Events.StoreAsync(With(first));

        Assert.IsTrue(again.AlreadyStored);
        Assert.IsTrue(bare.AlreadyStored);
        Assert.AreEqual(stored.Version, again.Version);
        await Assert.ThrowsAsync<DuplicateEventException>(() => _store.Events.StoreAsync(With("""{ "user": "bob" }""")));

        EventData With(string? metadata) =>
            new(given.AggregateId, given.EventType, given.Data) { Id = given.Id, Metadata = metadata is null ? null : EventJson.Parse(metadata) };

        static string Traced(string metadata, string trace) =>
            metadata.TrimEnd(' ', '}') + (metadata == "{}" ? "" : ",") + $$""" "traceparent": "{{trace}}" }""";
    }

    [TestMethod]
    public async Task The_time_does_not_make_an_event_another()
    {
        var given = Sample.Event(Sample.Stream());
        await _store.Events.StoreAsync(given);

        var again = await _store.Events.StoreAsync(
            new EventData(given.AggregateId, given.EventType, given.Data) { Id = given.Id, CreatedAt = DateTimeOffset.UnixEpoch });

        Assert.IsTrue(again.AlreadyStored);
    }

    [TestMethod]
    public async Task An_id_given_twice_in_one_append_is_refused_even_with_equal_content()
    {
        var stream = Sample.Stream();
        var given = Sample.Event(stream);

        var refused = await Assert.ThrowsExactlyAsync<DuplicateEventException>(
            () => _store.Events.StoreAsync([given, Sample.Event(stream), given]));
        var acrossStreams = await Assert.ThrowsExactlyAsync<DuplicateEventException>(() => _store.Events.AppendAsync(
        [
            new StreamAppend(ExpectedVersion.Any, given),
            new StreamAppend(ExpectedVersion.Any, Copy(given, aggregateId: stream + "-other")),
        ]));

        CollectionAssert.AreEqual((string[])[given.Id], refused.ConflictingIds.ToArray());
        CollectionAssert.AreEqual((string[])[given.Id], acrossStreams.ConflictingIds.ToArray());
        Assert.AreEqual(
            $"An event id stands for one event, but '{given.Id}' is given twice or already stored with other content. "
                + "Nothing was stored; give each event an id of its own.",
            refused.Message);
        Assert.IsEmpty(await _store.StreamAsync(stream));
    }

    [TestMethod]
    public async Task A_refusal_of_many_ids_names_a_few_and_holds_all()
    {
        var given = Sample.Events(Sample.Stream(), 100);
        await _store.Events.StoreAsync(given[..99]);

        var refused = await Assert.ThrowsExactlyAsync<DuplicateEventException>(() => _store.Events.StoreAsync(given));

        Assert.HasCount(99, refused.StoredIds);
        Assert.Contains("and 94 more", refused.Message);
    }

    [TestMethod]
    public async Task The_same_append_from_many_at_once_is_stored_once()
    {
        var stream = Sample.Stream();
        var given = Sample.Events(stream, 5);

        var results = await Task.WhenAll(
            Enumerable.Range(0, 12).Select(_ => Task.Run(() => _store.Events.AppendAsync(given, ExpectedVersion.NoStream))));

        Assert.AreEqual(1, results.Count(result => !result.AlreadyStored));
        Assert.IsTrue(results.All(result => result.Events.SequenceEqual(results[0].Events)));
        Assert.HasCount(5, await _store.StreamAsync(stream));
    }

    [TestMethod]
    public async Task Ids_that_differ_only_in_case_are_different_events()
    {
        var stream = Sample.Stream();

        await _store.Events.StoreAsync(new EventData(stream, "T") { Id = stream + "x" });
        await _store.Events.StoreAsync(new EventData(stream, "T") { Id = stream + "X" });

        Assert.HasCount(2, await _store.StreamAsync(stream));
    }

    /// <summary>The same event with one thing changed; "" leaves JSON out.</summary>
    private static EventData Copy(
        EventData of, string? aggregateId = null, string? eventType = null, string? data = null, string? metadata = null) =>
        new(aggregateId ?? of.AggregateId, eventType ?? of.EventType, Json(data, of.Data))
        {
            Id = of.Id,
            Metadata = Json(metadata, of.Metadata),
        };

    private static EventJson? Json(string? text, EventJson? otherwise) =>
        text is null ? otherwise : text.Length == 0 ? null : EventJson.Parse(text);
}
