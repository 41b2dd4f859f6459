using System.Text.Json;

namespace SyncKit.EfStore.Tests.Contract;

/// <summary>What goes in comes back: text, JSON, times, absence.</summary>
public abstract class ValueContract<TFixture> : StoreContract<TFixture, ValueContract<TFixture>>
    where TFixture : class, IStoreFixture, new()
{
    public static IEnumerable<object[]> Texts => ((string[])
    [
        "a", " ", "  leading and trailing  ", "\t\r\n", "\u0001\u001f\u007f", "ß", "日本語", "😀👩‍👩‍👧", "e\u0301", "\ufeffbom", "\uffff", "\U0010ffff",
        "\u202eright to left", "'", "''", "\"", "\\", "\\'", "`", "$1", "$$", "@p0", ":id", "?", "%", "_", "[a]", "*", "{0}", "\u2028", "null", "NULL", "0", "1e5",
        "00123", "-", "--", "; DROP TABLE events; --", "'; DROP TABLE events; --", "' OR '1'='1", "'); DELETE FROM events; --", "x' UNION SELECT * FROM events --",
        "/* */", "\\u0000", "E'\\\\x00'", "$tag$", "events_global", "<script>alert(1)</script>", "../../etc/passwd", "%00", "${jndi:ldap://x}",
        "2024-01-02", "1.0", "0x1F", "X'00'", "true", "Infinity", "NaN", "\"; PRAGMA writable_schema=1; --",
    ]).Select((text, place) => new object[] { place, text });

    [TestMethod]
    [DynamicData(nameof(Texts), DynamicDataDisplayName = nameof(TextName))]
    public async Task A_text_comes_back_as_it_was_given_and_does_nothing(int place, string text)
    {
        var unique = $"{place}-{Guid.NewGuid():N}";
        var data = EventJson.FromObject(new Dictionary<string, string> { [text] = text });
        var given = new EventData(text, text, data) { Id = text, Metadata = data };
        var before = await Store.GetLatestVersionAsync(Token);

        var result = await Store.StoreAsync(given, Token);
        await Store.StoreAsync(new EventData(text + unique, text + unique) { Id = text + unique }, Token);

        var stored = (await StreamAsync(text)).Single();
        Assert.AreEqual((text, text, text, "stream_" + text, result.Version), (stored.Id, stored.AggregateId, stored.EventType, stored.StreamName, stored.Version));
        Assert.AreEqual((text, text), Only(stored.Data!));
        Assert.AreEqual((text, text), Only(stored.Metadata!));
        AssertSame([stored], await Store.ReadAsync(new EventQuery { EventTypes = [text] }, Token).ToListAsync(Token));
        AssertSame([stored], await Store.ReadAsync(new EventQuery { EventTypes = [text, "no such type"] }, Token).ToListAsync(Token));
        Assert.Contains(stored, await Store.ReadAsync(new EventQuery { AggregateIdPrefix = text }, Token).ToListAsync(Token));
        Assert.IsTrue((await Store.StoreAsync(given, Token)).AlreadyStored);
        Assert.HasCount(2, await Store.LoadAsync(before, Token).ToListAsync(Token));

        static (string, string) Only(EventJson json) => json.Deserialize<Dictionary<string, string>>()!.Select(pair => (pair.Key, pair.Value)).Single();
    }

    public static string TextName(System.Reflection.MethodInfo method, object[] data) =>
        $"{method.Name} ({data[0]}: {string.Concat(((string)data[1]).Select(c => char.IsAsciiLetterOrDigit(c) || char.IsPunctuation(c) ? c : '.'))})";

    /// <summary>As given, and as JSONB keeps it.</summary>
    public static IEnumerable<object[]> Documents =>
    [
        ["null", "null"], ["true", "true"], ["false", "false"], ["0", "0"], ["-0", "0"], ["\"\"", "\"\""], ["\"text\"", "\"text\""], ["[]", "[]"], ["{}", "{}"],
        [" [ 1 , null , [ ] ] ", "[1, null, []]"],
        ["{\"b\":1,\"a\":2}", "{\"a\": 2, \"b\": 1}"],
        ["{\"a\":1,\"a\":{\"b\":2}}", "{\"a\": {\"b\": 2}}"],
        ["{\"\":\"\"}", "{\"\": \"\"}"],
        ["1e2", "100"], ["1.50", "1.50"], ["0.1", "0.1"], ["1E-3", "0.001"],
        ["9007199254740993", "9007199254740993"], ["18446744073709551616", "18446744073709551616"],
        ["-123456789012345678901234567890.123456789012345678901234567890", "-123456789012345678901234567890.123456789012345678901234567890"],
        ["\"\\u00e4\\ud83d\\ude00\\n\\/\"", "\"ä😀\\n/\""],
        ["\"\\u0001\\u007f\"", "\"\\u0001\u007f\""],
        ["{\"$type\":\"System.Object\",\"__proto__\":{}}", "{\"$type\": \"System.Object\", \"__proto__\": {}}"],
    ];

    [TestMethod]
    [DynamicData(nameof(Documents))]
    public async Task A_document_comes_back_to_the_letter_or_as_jsonb_keeps_it(string given, string canonical)
    {
        var stream = Sample.Stream();

        await Store.StoreAsync(EventData.FromJson(stream, "Tested", given, given), Token);

        var stored = (await StreamAsync(stream)).Single();
        var expected = Traits.KeepsJsonText ? given : canonical;
        Assert.AreEqual((expected, expected), (stored.Data!.ToString(), stored.Metadata!.ToString()));
    }

    [TestMethod]
    public async Task A_document_of_a_thousand_levels_comes_back()
    {
        var stream = Sample.Stream();
        var deep = string.Concat(Enumerable.Repeat("[", EventLimits.MaxJsonDepth)) + string.Concat(Enumerable.Repeat("]", EventLimits.MaxJsonDepth));
        var given = EventData.FromJson(stream, "Tested", deep);

        await Store.StoreAsync(given, Token);

        Assert.AreEqual(deep, (await StreamAsync(stream)).Single().Data!.ToString());
        Assert.IsTrue((await Store.StoreAsync(new EventData(stream, "Tested", EventJson.Parse(" " + deep)) { Id = given.Id }, Token)).AlreadyStored);
    }

    [TestMethod]
    public async Task The_longest_numbers_come_back_with_all_their_digits()
    {
        var stream = Sample.Stream();
        var longest = new string('9', 131_072) + "." + new string('8', 16_382) + "7";

        await Store.StoreAsync(EventData.FromJson(stream, "Tested", longest), Token);

        Assert.AreEqual(longest, (await StreamAsync(stream)).Single().Data!.ToString());
    }

    [TestMethod]
    public async Task A_document_of_megabytes_comes_back_and_so_do_many_on_one_page()
    {
        var stream = Sample.Stream();
        EventData[] given =
        [
            .. Enumerable.Range(0, 12).Select(i => EventData.FromJson(stream, "Large", $"\"{new string((char)('a' + i), 1_000_000)}\"")),
        ];
        await Store.StoreAsync(given, Token);

        var stored = await StreamAsync(stream);

        AssertSame(Ids(given), stored.Select(e => e.Id));
        Assert.IsTrue(stored.Zip(given).All(pair => pair.First.Data!.Equals(pair.Second.Data)));
        AssertSame(Enumerable.Range(1, 12).Select(i => (long)i), stored.Select(e => e.StreamVersion));
    }

    [TestMethod]
    public async Task Absent_and_null_documents_are_told_apart()
    {
        var stream = Sample.Stream();
        await Store.StoreAsync(new EventData(stream, "Absent"), Token);
        await Store.StoreAsync(EventData.FromJson(stream, "Null", "null", "null"), Token);

        var stored = await StreamAsync(stream);

        Assert.IsNull(stored[0].Data);
        Assert.IsNull(stored[0].Metadata);
        Assert.AreEqual(("null", "null"), (stored[1].Data?.ToString(), stored[1].Metadata?.ToString()));
        using var document = stored[1].Data!.ToDocument();
        Assert.AreEqual(JsonValueKind.Null, document.RootElement.ValueKind);
    }

    public static IEnumerable<object[]> Times =>
    [
        [new DateTimeOffset(2024, 2, 29, 23, 59, 59, 999, 999, TimeSpan.Zero)],
        [new DateTimeOffset(2020, 2, 29, 12, 0, 0, TimeSpan.FromHours(3))],
        [new DateTimeOffset(2020, 1, 1, 0, 30, 0, 0, 1, TimeSpan.FromHours(14))],
        [new DateTimeOffset(1969, 12, 31, 23, 59, 59, 999, 999, TimeSpan.FromMinutes(-570))],
        [new DateTimeOffset(638_000_000_000_000_009, TimeSpan.Zero)],
        [DateTimeOffset.UnixEpoch], [DateTimeOffset.MinValue], [DateTimeOffset.MaxValue],
    ];

    [TestMethod]
    [DynamicData(nameof(Times))]
    public async Task A_time_comes_back_in_utc_cut_to_microseconds(DateTimeOffset given)
    {
        var stream = Sample.Stream();

        await Store.StoreAsync(new EventData(stream, "Tested") { CreatedAt = given }, Token);

        var stored = (await StreamAsync(stream)).Single().CreatedAt!.Value;
        Assert.AreEqual(TimeSpan.Zero, stored.Offset);
        Assert.AreEqual(given.UtcTicks / TimeSpan.TicksPerMicrosecond * TimeSpan.TicksPerMicrosecond, stored.UtcTicks);
        Assert.Contains(
            stream,
            await Store.ReadAsync(new EventQuery { CreatedFrom = stored, CreatedBefore = stored == Last ? null : stored.AddMicroseconds(1) }, Token)
                .Select(e => e.AggregateId).ToListAsync(Token));
    }

    [TestMethod]
    public async Task Without_a_time_the_store_takes_its_own_and_one_for_all_events_of_an_append()
    {
        var stream = Sample.Stream();
        var before = TimeProvider.System.GetUtcNow();

        await Store.StoreAsync(Sample.Events(stream, 20), Token);

        // The clocks of this process and of a server need not be the same to the second.
        var times = (await StreamAsync(stream)).Select(e => e.CreatedAt!.Value).Distinct().ToList();
        Assert.HasCount(1, times);
        Assert.IsGreaterThan(before.AddMinutes(-5), times[0]);
        Assert.IsLessThan(TimeProvider.System.GetUtcNow().AddMinutes(5), times[0]);
    }

    [TestMethod]
    public async Task The_longest_names_are_stored_and_found()
    {
        var longest = Guid.NewGuid().ToString("N") + string.Concat(Enumerable.Repeat("日", 330)) + "ab";
        Assert.AreEqual(EventLimits.MaxAggregateIdBytes, System.Text.Encoding.UTF8.GetByteCount(longest));

        await Store.StoreAsync(new EventData(longest, longest) { Id = longest }, Token);

        Assert.AreEqual(longest, (await StreamAsync(longest)).Single().EventType);
        AssertSame([longest], await Store.ReadAsync(new EventQuery { EventTypes = [longest] }, Token).Select(e => e.Id).ToListAsync(Token));
    }

    private static DateTimeOffset Last { get; } = new(DateTimeOffset.MaxValue.UtcTicks / TimeSpan.TicksPerMicrosecond * TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);
}
