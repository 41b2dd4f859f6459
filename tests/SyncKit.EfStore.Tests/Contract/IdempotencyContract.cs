namespace SyncKit.EfStore.Tests.Contract;

/// <summary>The same events again give the first result; anything else under a taken id is refused.</summary>
public abstract class IdempotencyContract<TFixture> : StoreContract<TFixture, IdempotencyContract<TFixture>>
    where TFixture : class, IStoreFixture, new()
{
    [TestMethod]
    public async Task The_same_events_give_the_first_places_whatever_is_expected()
    {
        var stream = Sample.Stream();
        var given = Sample.Events(stream, 3);
        var first = await Store.AppendAsync(given, ExpectedVersion.NoStream, Token);
        await Store.StoreAsync(Sample.Event(stream), Token);

        foreach (var expected in (ExpectedVersion[])
            [ExpectedVersion.Any, ExpectedVersion.NoStream, ExpectedVersion.StreamExists, ExpectedVersion.Exactly(4), ExpectedVersion.Exactly(99)])
        {
            var again = await Store.AppendAsync(given, expected, Token);

            Assert.IsTrue(again.AlreadyStored);
            AssertSame(first.Events, again.Events);
        }

        Assert.HasCount(4, await StreamAsync(stream));
    }

    [TestMethod]
    public async Task The_same_events_in_another_order_give_their_places_in_that_order()
    {
        var given = Sample.Events(Sample.Stream(), 3);
        var first = await Store.StoreAsync(given, Token);

        var again = await Store.StoreAsync([.. given.Reverse()], Token);

        Assert.IsTrue(again.AlreadyStored);
        AssertSame(first.Events.Reverse(), again.Events);
    }

    [TestMethod]
    public async Task Events_that_came_in_several_appends_are_found_again_by_one()
    {
        var given = Sample.Events(Sample.Stream(), 3);
        var first = new List<AppendedEvent>();
        foreach (var one in given)
        {
            first.AddRange((await Store.StoreAsync(one, Token)).Events);
        }

        var again = await Store.StoreAsync(given, Token);

        Assert.IsTrue(again.AlreadyStored);
        AssertSame(first, again.Events);
    }

    [TestMethod]
    public async Task Events_of_several_streams_are_found_again_by_another_store()
    {
        EventData[] given = [Sample.Event(Sample.Stream()), Sample.Event(Sample.Stream())];
        var first = await Store.StoreAsync(given, Token);
        await using var other = Fixture.Open();

        var again = await other.AppendAsync(
            [new StreamAppend(ExpectedVersion.NoStream, given[1]), new StreamAppend(ExpectedVersion.NoStream, given[0])], Token);

        Assert.IsTrue(again.AlreadyStored);
        AssertSame(first.Events.Reverse(), again.Events);
    }

    [TestMethod]
    public async Task Part_of_an_append_that_is_stored_is_named_and_the_rest_is_not_stored()
    {
        var stream = Sample.Stream();
        var given = Sample.Events(stream, 4);
        await Store.StoreAsync([given[1], given[3]], Token);

        var refused = await Assert.ThrowsExactlyAsync<DuplicateEventException>(() => Store.AppendAsync(given, ExpectedVersion.Exactly(2), Token));

        AssertSame([given[1].Id, given[3].Id], refused.StoredIds);
        Assert.IsEmpty(refused.ConflictingIds);
        Assert.HasCount(2, await StreamAsync(stream));
    }

    [TestMethod]
    public async Task Ids_are_looked_at_before_the_expectation()
    {
        var stream = Sample.Stream();
        var given = Sample.Event(stream);
        await Store.StoreAsync(given, Token);

        await Assert.ThrowsExactlyAsync<DuplicateEventException>(
            () => Store.AppendAsync([Copy(given, eventType: "Other"), Sample.Event(stream)], ExpectedVersion.Exactly(17), Token));
    }

    public static IEnumerable<object[]> OtherContents =>
    [
        ["other stream", (EventData e) => Copy(e, aggregateId: e.AggregateId + "-other")],
        ["other type", (EventData e) => Copy(e, eventType: "Other")],
        ["other case of the type", (EventData e) => Copy(e, eventType: "tested")],
        ["other data", (EventData e) => Copy(e, data: """{"a": 2}""")],
        ["one key more", (EventData e) => Copy(e, data: """{"a": 1, "b": null}""")],
        ["no data", (EventData e) => Copy(e, data: "")],
        ["JSON null for data", (EventData e) => Copy(e, data: "null")],
        ["text for number", (EventData e) => Copy(e, data: """{"a": "1"}""")],
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
        await Store.StoreAsync(original, Token);

        var refused = await Assert.ThrowsExactlyAsync<DuplicateEventException>(() => Store.StoreAsync([change(original), Sample.Event(stream)], Token));

        AssertSame([original.Id], refused.ConflictingIds);
        Assert.IsEmpty(refused.StoredIds);
        Assert.HasCount(1, await StreamAsync(stream));
        Assert.IsEmpty(await StreamAsync(stream + "-other"));
    }

    public static string CaseName(System.Reflection.MethodInfo method, object[] data) => $"{method.Name} ({data[0]})";

    [TestMethod]
    [DataRow("""{"a": 1, "b": 2}""", """{"b":2,"a":1}""")]
    [DataRow("""{"a": {"x": [1, {"y": 2, "z": 3}]}}""", """{"a":{"x":[1.0,{"z":3,"y":2}]}}""")]
    [DataRow("""{"a": 1e2}""", """{"a": 100}""")]
    [DataRow("""{"a": 1.50}""", """{"a": 1.5}""")]
    [DataRow("""{"a": 1, "a": 2}""", """{"a": 2}""")]
    [DataRow("""{"a": 1, "b": 3, "a": 2}""", """{"b": 3, "a": 4, "a": 2}""")]
    [DataRow("""{"\u0061": 1}""", """{"a": 1}""")]
    [DataRow("\"\\u0041\\/\"", "\"A/\"")]
    [DataRow("[ 1 ]", "[1]")]
    [DataRow("-0", "0")]
    [DataRow("123456789012345678901234567890.10", "1234567890123456789012345678901E-1")]
    public async Task Json_that_is_equal_as_jsonb_is_the_same_content(string first, string second)
    {
        var given = EventData.FromJson(Sample.Stream(), "Tested", first, first);
        var stored = await Store.StoreAsync(given, Token);

        var again = await Store.StoreAsync(Copy(given, data: second, metadata: second), Token);

        Assert.IsTrue(again.AlreadyStored);
        AssertSame(stored.Events, again.Events);
    }

    [TestMethod]
    [DataRow("""{"a": 1, "a": 2}""", """{"a": 1}""")]
    [DataRow("[1, 2]", "[2, 1]")]
    [DataRow("[1]", "1")]
    [DataRow("[]", "{}")]
    [DataRow("1.0000000000000000000000000001", "1")]
    [DataRow("9007199254740993", "9007199254740992")]
    [DataRow("\"a\"", "\"A\"")]
    [DataRow("\"\u00e4\"", "\"a\u0308\"")]
    [DataRow("false", "null")]
    public async Task Json_that_differs_as_jsonb_is_other_content(string first, string second)
    {
        var given = EventData.FromJson(Sample.Stream(), "Tested", first);
        await Store.StoreAsync(given, Token);

        await Assert.ThrowsExactlyAsync<DuplicateEventException>(() => Store.StoreAsync(Copy(given, data: second), Token));
    }

    [TestMethod]
    [DataRow(null, "{}")]
    [DataRow("""{ "user": "ann" }""", """{ "user": "ann" }""")]
    public async Task Another_trace_does_not_make_an_event_another(string? first, string? own)
    {
        var given = Sample.Event(Sample.Stream());
        var stored = await Store.StoreAsync(
            With(first is null ? null : Traced(first, "00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-01")), Token);

        var again = await Store.StoreAsync(With(Traced(own!, "00-cccccccccccccccccccccccccccccccc-dddddddddddddddd-01")), Token);
        var bare = await Store.StoreAsync(With(first), Token);

        Assert.IsTrue(again.AlreadyStored);
        Assert.IsTrue(bare.AlreadyStored);
        Assert.AreEqual(stored.Version, again.Version);
        await Assert.ThrowsExactlyAsync<DuplicateEventException>(() => Store.StoreAsync(With("""{ "user": "bob" }"""), Token));

        EventData With(string? metadata) => Copy(given, metadata: metadata ?? "");

        static string Traced(string metadata, string trace) =>
            metadata.TrimEnd(' ', '}') + (metadata == "{}" ? "" : ",") + $$""" "traceparent": "{{trace}}" }""";
    }

    [TestMethod]
    public async Task The_time_does_not_make_an_event_another_and_the_first_one_stays()
    {
        var given = Sample.Event(Sample.Stream());
        var (first, second) = (DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(50));
        await Store.StoreAsync(At(first), Token);

        Assert.IsTrue((await Store.StoreAsync(At(second), Token)).AlreadyStored);
        Assert.AreEqual(first, (await StreamAsync(given.AggregateId)).Single().CreatedAt);

        EventData At(DateTimeOffset time) => new(given.AggregateId, given.EventType, given.Data) { Id = given.Id, CreatedAt = time };
    }

    [TestMethod]
    public async Task An_id_given_twice_in_one_append_is_refused_even_with_equal_content()
    {
        var stream = Sample.Stream();
        var given = Sample.Event(stream);

        var refused = await Assert.ThrowsExactlyAsync<DuplicateEventException>(() => Store.StoreAsync([given, Sample.Event(stream), given], Token));
        var acrossStreams = await Assert.ThrowsExactlyAsync<DuplicateEventException>(() => Store.AppendAsync(
            [
                new StreamAppend(ExpectedVersion.Any, given),
                new StreamAppend(ExpectedVersion.Any, Copy(given, aggregateId: stream + "-other")),
            ],
            Token));

        AssertSame([given.Id], refused.ConflictingIds);
        AssertSame([given.Id], acrossStreams.ConflictingIds);
        Assert.IsEmpty(await StreamAsync(stream));
    }

    [TestMethod]
    public async Task Every_id_that_is_taken_is_named()
    {
        var given = Sample.Events(Sample.Stream(), 100);
        await Store.StoreAsync(given[..99], Token);

        var refused = await Assert.ThrowsExactlyAsync<DuplicateEventException>(() => Store.StoreAsync(given, Token));

        AssertSame(Ids(given[..99]), refused.StoredIds);
    }

    [TestMethod]
    public async Task The_same_append_from_many_at_once_is_stored_once()
    {
        var stream = Sample.Stream();
        var given = Sample.Events(stream, 5);
        await using var other = Fixture.Open();

        var results = await Task.WhenAll(Enumerable.Range(0, 12).Select(
            i => Task.Run(() => (i % 2 == 0 ? Store : other).AppendAsync(given, ExpectedVersion.NoStream, Token))));

        Assert.AreEqual(1, results.Count(result => !result.AlreadyStored));
        Assert.IsTrue(results.All(result => result.Events.SequenceEqual(results[0].Events)));
        Assert.HasCount(5, await StreamAsync(stream));
    }

    [TestMethod]
    public async Task Ids_are_told_apart_to_the_letter()
    {
        var stream = Sample.Stream();
        string[] ids = [stream + "x", stream + "X", stream + "x ", stream + "\u00e4", stream + "a\u0308"];
        foreach (var id in ids)
        {
            Assert.IsFalse((await Store.StoreAsync(new EventData(stream, "T") { Id = id }, Token)).AlreadyStored);
        }

        AssertSame(ids, (await StreamAsync(stream)).Select(e => e.Id));
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
