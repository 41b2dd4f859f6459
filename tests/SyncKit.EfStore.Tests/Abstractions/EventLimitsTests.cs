using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Abstractions;

/// <summary>What the rules let through, the server stores; and a refusal costs the next append nothing.</summary>
[TestClass]
public sealed class EventLimitsTests
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

    public static IEnumerable<object[]> LongestTexts =>
    [
        [Incompressible(1024)],
        [string.Concat(Enumerable.Range(0, 341).Select(i => (char)(0x4e00 + (i * 37)))) + "x"],
        [string.Concat(Enumerable.Range(0, 256).Select(i => char.ConvertFromUtf32(0x1f300 + i)))],
    ];

    [TestMethod]
    [DynamicData(nameof(LongestTexts), DynamicDataDisplayName = nameof(LengthName))]
    public async Task Names_at_the_limit_are_stored_and_found(string text)
    {
        var given = new EventData(text, text) { Id = text };

        var appended = await _store.Events.StoreAsync(given);

        var stored = (await _store.StreamAsync(text)).Single();
        Assert.AreEqual((text, text, text), (stored.Id, stored.AggregateId, stored.EventType));
        Assert.AreEqual(appended.Version, stored.Version);
        Assert.AreEqual(appended.Version, (await ByTypeAsync(text)).Single().Version);

        static Task<List<StoredEvent>> ByTypeAsync(string eventType) =>
            _store.Events.ReadAsync(new EventQuery { EventTypes = [eventType] }).ToListAsync().AsTask();
    }

    public static string LengthName(System.Reflection.MethodInfo method, object[] data) =>
        $"{method.Name} ({((string)data[0]).Length} characters)";

    [TestMethod]
    [DataRow("1e131071")]
    [DataRow("1e-16383")]
    [DataRow("0e200000")]
    [DataRow("\"\\ud83d\\ude00\"")]
    [DataRow("\"\\\\u0000\"")]
    [DataRow("null")]
    public async Task Documents_at_the_bounds_are_stored(string json)
    {
        var stream = Sample.Stream();

        await _store.Events.StoreAsync(EventData.FromJson(stream, "Tested", json, json));

        var stored = (await _store.StreamAsync(stream)).Single();
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        Assert.IsTrue(await connection.ScalarAsync<bool>(
            "SELECT $1::jsonb = $2::jsonb AND $1::jsonb = $3::jsonb", json, stored.Data!.ToString(), stored.Metadata!.ToString()));
    }

    [TestMethod]
    public async Task The_deepest_document_is_stored_and_read_back()
    {
        var stream = Sample.Stream();
        var deepest = new string('[', 1000) + new string(']', 1000);

        await _store.Events.StoreAsync(EventData.FromJson(stream, "Tested", deepest));

        Assert.AreEqual(deepest, (await _store.StreamAsync(stream)).Single().Data!.ToString());
    }

    [TestMethod]
    public async Task Sql_null_and_json_null_stay_apart()
    {
        var stream = Sample.Stream();

        await _store.Events.StoreAsync([new EventData(stream, "Tested"), EventData.FromJson(stream, "Tested", "null", "null")]);

        var stored = await _store.StreamAsync(stream);
        Assert.IsNull(stored[0].Data);
        Assert.IsNull(stored[0].Metadata);
        Assert.AreEqual("null", stored[1].Data!.ToString());
        Assert.AreEqual("null", stored[1].Metadata!.ToString());
    }

    [TestMethod]
    public async Task Times_come_back_as_they_were_cut()
    {
        var stream = Sample.Stream();
        var given = new EventData(stream, "Tested") { CreatedAt = DateTimeOffset.MaxValue };
        var early = new EventData(stream, "Tested") { CreatedAt = new DateTimeOffset(1, 1, 1, 12, 0, 0, TimeSpan.FromHours(5)).AddTicks(11) };

        await _store.Events.StoreAsync([given, early]);

        var stored = await _store.StreamAsync(stream);
        Assert.AreEqual(given.CreatedAt, stored[0].CreatedAt);
        Assert.AreEqual(early.CreatedAt, stored[1].CreatedAt);
    }

    [TestMethod]
    public async Task A_document_over_the_stores_limit_is_refused_and_the_next_append_works()
    {
        await using var small = new TestStore(_database.ConnectionString, options => options.MaxJsonBytes = 1024);
        var stream = Sample.Stream();
        var longest = "\"" + new string('x', 1022) + "\"";
        var tooLong = "\"" + new string('x', 1023) + "\"";

        var data = await Assert.ThrowsExactlyAsync<InvalidInputException>(
            () => small.Events.StoreAsync(EventData.FromJson(stream, "Tested", tooLong)));
        var metadata = await Assert.ThrowsExactlyAsync<InvalidInputException>(
            () => small.Events.AppendAsync([EventData.FromJson(stream, "Tested", longest, tooLong)], ExpectedVersion.NoStream));
        await small.Events.StoreAsync(EventData.FromJson(stream, "Tested", longest, longest));

        Assert.AreEqual("The data must hold at most 1024 bytes of UTF-8; it holds 1025 bytes.", data.Message);
        Assert.AreEqual("metadata", metadata.Field);
        Assert.HasCount(1, await _store.StreamAsync(stream));
    }

    [TestMethod]
    public async Task A_document_at_the_default_limit_is_stored()
    {
        var stream = Sample.Stream();
        var largest = "\"" + new string('x', EventLimits.DefaultMaxJsonBytes - 2) + "\"";

        await _store.Events.StoreAsync(EventData.FromJson(stream, "Tested", largest));

        Assert.AreEqual(EventLimits.DefaultMaxJsonBytes, (await _store.StreamAsync(stream)).Single().Data!.Utf8.Length);
        await Assert.ThrowsExactlyAsync<InvalidInputException>(
            () => _store.Events.StoreAsync(EventData.FromJson(stream, "Tested", largest + " ")));
    }

    [TestMethod]
    public async Task Null_arguments_are_refused_and_the_next_append_works()
    {
        var stream = Sample.Stream();
        await RefusedAsync(() => _store.Events.StoreAsync((EventData)null!));
        await RefusedAsync(() => _store.Events.StoreAsync((IReadOnlyList<EventData>)null!));
        await RefusedAsync(() => _store.Events.StoreAsync([]));
        await RefusedAsync(() => _store.Events.StoreAsync([Sample.Event(stream), null!]));
        await RefusedAsync(() => _store.Events.AppendAsync((IReadOnlyList<EventData>)null!, ExpectedVersion.Any));
        await RefusedAsync(() => _store.Events.AppendAsync([], ExpectedVersion.Any));
        await RefusedAsync(() => _store.Events.AppendAsync([Sample.Event(stream), Sample.Event("other")], ExpectedVersion.Any));
        await RefusedAsync(() => _store.Events.AppendAsync((IReadOnlyList<StreamAppend>)null!));
        await RefusedAsync(() => _store.Events.AppendAsync((IReadOnlyList<StreamAppend>)[]));
        await RefusedAsync(() => _store.Events.AppendAsync([null!]));
        await RefusedAsync(() => _store.Events.AppendAsync(
            [new StreamAppend(ExpectedVersion.Any, Sample.Event(stream)), new StreamAppend(ExpectedVersion.Any, Sample.Event(stream))]));
        Assert.ThrowsExactly<InvalidInputException>(() => _store.Events.LoadByAggregateAsync(null!));
        Assert.ThrowsExactly<InvalidInputException>(() => _store.Events.LoadByAggregateAsync(""));
        Assert.ThrowsExactly<InvalidInputException>(() => _store.Events.LoadByAggregateAsync("a\0"));
        Assert.ThrowsExactly<InvalidInputException>(() => _store.Events.ReadAsync(new EventQuery { Limit = 0 }));
        Assert.ThrowsExactly<InvalidInputException>(() => _store.Events.ReadAsync(new EventQuery { EventTypes = null! }));
        Assert.ThrowsExactly<InvalidInputException>(() => _store.Events.ReadAsync(new EventQuery { EventTypes = [null!] }));
        Assert.ThrowsExactly<InvalidInputException>(() => _store.Events.ReadAsync(new EventQuery { Direction = (ReadDirection)7 }));
        Assert.ThrowsExactly<InvalidInputException>(() => _store.Events.ParseVersion("x"));

        Assert.AreEqual(1, (await _store.Events.StoreAsync(Sample.Event(stream))).StreamVersion);

        static Task RefusedAsync(Func<Task> append) => Assert.ThrowsExactlyAsync<InvalidInputException>(append);
    }

    /// <summary>Text that B-tree pages and TOAST cannot make shorter.</summary>
    private static string Incompressible(int length)
    {
        var random = new Random(7);
        return string.Create(length, random, (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = (char)source.Next('!', '~' + 1);
            }
        });
    }
}
