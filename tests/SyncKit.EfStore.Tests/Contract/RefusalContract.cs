namespace SyncKit.EfStore.Tests.Contract;

/// <summary>Bad input gets a typed error that names the field, before anything is done.</summary>
public abstract class RefusalContract<TFixture> : StoreContract<TFixture, RefusalContract<TFixture>>
    where TFixture : class, IStoreFixture, new()
{
    public static IEnumerable<object[]> Calls =>
    [
        Appending("a null list", "events", store => store.StoreAsync((IReadOnlyList<EventData>)null!)),
        Appending("a null event", "events[0]", store => store.StoreAsync((EventData)null!)),
        Appending("an empty list", "events", store => store.StoreAsync([])),
        Appending("a null among events", "events[1]", store => store.StoreAsync([Sample.Event("a"), null!])),
        Appending("a null list with an expectation", "events", store => store.AppendAsync((IReadOnlyList<EventData>)null!, ExpectedVersion.Any)),
        Appending("an empty list with an expectation", "events", store => store.AppendAsync([], ExpectedVersion.Any)),
        Appending("two streams with one expectation", "events", store => store.AppendAsync([Sample.Event("a"), Sample.Event("b")], ExpectedVersion.Any)),
        Appending("a null list of streams", "appends", store => store.AppendAsync(null!)),
        Appending("an empty list of streams", "events", store => store.AppendAsync([])),
        Appending("a null among streams", "appends[1]", store => store.AppendAsync([new StreamAppend(default, Sample.Event("a")), null!])),
        Appending(
            "a stream named twice",
            "appends",
            store => store.AppendAsync([new StreamAppend(default, Sample.Event("a")), new StreamAppend(default, Sample.Event("a"))])),
        Reading("a null stream", "aggregate_id", store => store.LoadByAggregateAsync(null!)),
        Reading("an empty stream", "aggregate_id", store => store.LoadByAggregateAsync("")),
        Reading("a stream with NUL", "aggregate_id", store => store.LoadByAggregateAsync("a\0b")),
        Reading("a stream with half a character", "aggregate_id", store => store.LoadByAggregateAsync("a\ud800")),
        Reading("an empty prefix", "aggregate id prefix", store => store.ReadAsync(new EventQuery { AggregateIdPrefix = "" })),
        Reading("a prefix with NUL", "aggregate id prefix", store => store.ReadAsync(new EventQuery { AggregateIdPrefix = "\0" })),
        Reading("null types", "event types", store => store.ReadAsync(new EventQuery { EventTypes = null! })),
        Reading("a null type", "event_type", store => store.ReadAsync(new EventQuery { EventTypes = ["a", null!] })),
        Reading("an empty type", "event_type", store => store.ReadAsync(new EventQuery { EventTypes = [""] })),
        Reading("a type with NUL", "event_type", store => store.ReadAsync(new EventQuery { EventTypes = ["\0"] })),
        Reading("no rows", "limit", store => store.ReadAsync(new EventQuery { Limit = 0 })),
        Reading("fewer than no rows", "limit", store => store.ReadAsync(new EventQuery { Limit = long.MinValue })),
        Reading("no direction", "direction", store => store.ReadAsync(new EventQuery { Direction = (ReadDirection)7 })),
        Parsing("null"), Parsing("x", "x"), Parsing("-1", "-1"), Parsing("+1", "+1"), Parsing("1.0", "1.0"), Parsing(" 1", " 1"),
        Parsing("above all", "9223372036854775808"), Parsing("other digits", "١"),
    ];

    [TestMethod]
    [DynamicData(nameof(Calls), DynamicDataDisplayName = nameof(CallName))]
    public async Task Bad_input_is_refused_by_name(string what, string field, Func<IEventStore, Task> call)
    {
        _ = what;
        var before = await Store.GetLatestVersionAsync(Token);

        var refused = await Assert.ThrowsExactlyAsync<InvalidInputException>(() => call(Store));

        Assert.AreEqual(field, refused.Field);
        Assert.AreEqual(before, await Store.GetLatestVersionAsync(Token));
    }

    public static string CallName(System.Reflection.MethodInfo method, object[] data) => $"{method.Name} ({data[0]})";

    [TestMethod]
    public void A_null_query_is_refused() => Assert.ThrowsExactly<ArgumentNullException>(() => Store.ReadAsync(null!));

    [TestMethod]
    public async Task A_document_as_large_as_allowed_is_stored_and_one_byte_more_is_refused()
    {
        await using var store = Fixture.Open(maxJsonBytes: 1_024);
        var stream = Sample.Stream();
        var fits = $"\"{new string('x', 1_020)}ä\"".Remove(1, 0);
        Assert.AreEqual(1_024, System.Text.Encoding.UTF8.GetByteCount(fits));

        await store.StoreAsync(EventData.FromJson(stream, "T", fits, fits), Token);
        var data = await Assert.ThrowsExactlyAsync<InvalidInputException>(
            () => store.StoreAsync([Sample.Event(stream), EventData.FromJson(stream, "T", fits + " ")], Token));
        var metadata = await Assert.ThrowsExactlyAsync<InvalidInputException>(
            () => store.AppendAsync([EventData.FromJson(stream, "T", "1", fits + " ")], ExpectedVersion.Any, Token));

        Assert.AreEqual("The data must hold at most 1024 bytes of UTF-8; it holds 1025 bytes.", data.Message);
        Assert.AreEqual("metadata", metadata.Field);
        Assert.HasCount(1, await StreamAsync(stream));
    }

    [TestMethod]
    [DataRow("", 0L)]
    [DataRow("0", 0L)]
    [DataRow("0017", 17L)]
    [DataRow("9223372036854775807", long.MaxValue)]
    public void A_version_is_read_from_text(string text, long version) => Assert.AreEqual(new EventVersion(version), Store.ParseVersion(text));

    [TestMethod]
    public async Task A_version_written_as_text_is_read_back()
    {
        var version = (await Store.StoreAsync(Sample.Event(Sample.Stream()), Token)).Version;

        Assert.AreEqual(version, Store.ParseVersion(version.ToString()));
    }

    private static object[] Appending(string what, string field, Func<IEventStore, Task> call) => [what, field, call];

    // Surfaces at the call, not at the first event.
    private static object[] Reading(string what, string field, Func<IEventStore, IAsyncEnumerable<StoredEvent>> call) =>
        [what, field, (IEventStore store) => Task.Run(() => call(store))];

    private static object[] Parsing(string what, string? text = null) =>
        ["a version: " + what, "version", (IEventStore store) => Task.Run(() => store.ParseVersion(text!))];
}
