using System.Text.Json;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Storage;

/// <summary>What other programs may rely on when they LISTEN, shown with a session of their own.</summary>
[TestClass]
public sealed class NotifyTriggerTests
{
    private static PostgresDatabase _database = null!;

    [ClassInitialize]
    public static async Task Open(TestContext context) =>
        _database = await (await TestServer.GetAsync()).CreateDatabaseAsync(context.CancellationToken);

    [ClassCleanup]
    public static async Task Close() => await _database.DisposeAsync();

    [TestMethod]
    public async Task The_payload_has_the_fields_of_the_contract()
    {
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        var stream = Sample.Stream();
        await using var listener = await RawListener.StartAsync(_database.ConnectionString, "events_global", "stream_" + stream);

        await connection.RunAsync(
            "INSERT INTO events (id, aggregate_id, event_type, data, created_at) VALUES ($1, $1, 'Said \"hi\"', '{\"secret\": 1}', '2026-01-02T03:04:05.678901Z')",
            stream);

        var received = await listener.DrainAsync();
        CollectionAssert.AreEquivalent((string[])["events_global", "stream_" + stream], received.Select(n => n.Channel).ToArray());
        Assert.AreEqual(received[0].Payload, received[1].Payload);
        using var payload = JsonDocument.Parse(received[0].Payload);
        CollectionAssert.IsSubsetOf(
            (string[])["version", "id", "aggregate_id", "event_type", "created_at", "stream_name"],
            payload.RootElement.EnumerateObject().Select(member => member.Name).ToArray());
        Assert.AreEqual(
            await connection.ScalarAsync<long>("SELECT version FROM events WHERE id = $1", stream),
            payload.RootElement.GetProperty("version").GetInt64());
        Assert.AreEqual(stream, payload.RootElement.GetProperty("id").GetString());
        Assert.AreEqual(stream, payload.RootElement.GetProperty("aggregate_id").GetString());
        Assert.AreEqual("Said \"hi\"", payload.RootElement.GetProperty("event_type").GetString());
        Assert.AreEqual("stream_" + stream, payload.RootElement.GetProperty("stream_name").GetString());
        Assert.AreEqual(
            new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero).AddMicroseconds(678_901),
            payload.RootElement.GetProperty("created_at").GetDateTimeOffset());
        Assert.DoesNotContain("secret", received[0].Payload);
    }

    public static IEnumerable<object[]> AwkwardNames =>
    [
        [new string('a', 55)], [new string('b', 56)], [new string('c', 57)], [new string('d', 1_000)],
        [new string('é', 28)], [new string('é', 29)], ["ü" + new string('x', 54)], ["ü" + new string('x', 55)], ["😀 smile"],
        ["Upper-Case"], ["it's"], ["say \"hi\""], ["a b  c"], ["tab\tand\nline"], ["; DROP TABLE events; --"], ["back\\slash"], ["{\"json\": 1}"],
        ["%I $1 {0}"],
    ];

    [TestMethod]
    [DynamicData(nameof(AwkwardNames))]
    public async Task Any_aggregate_id_is_told_on_its_channel(string stream)
    {
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        var channel = await connection.ScalarAsync<string>("SELECT event_stream_channel('stream_' || $1)", stream);
        await using var listener = await RawListener.StartAsync(_database.ConnectionString, "events_global", channel);

        await connection.RunAsync("INSERT INTO events (id, aggregate_id, event_type) VALUES (gen_random_uuid(), $1, 'T')", stream);

        var received = await listener.DrainAsync();
        CollectionAssert.AreEquivalent((string[])["events_global", channel], received.Select(n => n.Channel).ToArray());
        using var payload = JsonDocument.Parse(received[0].Payload);
        Assert.AreEqual(stream, payload.RootElement.GetProperty("aggregate_id").GetString());
        Assert.IsLessThanOrEqualTo(63, System.Text.Encoding.UTF8.GetByteCount(channel));
        if (System.Text.Encoding.UTF8.GetByteCount(stream) <= 56)
        {
            Assert.AreEqual("stream_" + stream, channel);
        }
    }

    [TestMethod]
    [DataRow("plain")]
    [DataRow("\"quoted\" and 'single' and back\\slash / slash")]
    [DataRow("%s %1$s %% $1 {0} :name")]
    [DataRow("\u0001\u0002\u001f\t\r\n\b\f\u007f\u0085\u2028")]
    [DataRow("Ünïcödé 漢字 😀 e\u0301")]
    [DataRow("{\"version\": 1}")]
    public async Task The_payload_is_what_the_server_itself_makes_of_the_row(string text)
    {
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        await using var listener = await RawListener.StartAsync(_database.ConnectionString, "events_global");
        string?[] times = ["2026-01-02 03:04:05.678901+00", "2026-01-02 03:04:05+05:30", "20000-01-01", "0044-03-15 BC", "infinity", null];
        await connection.RunAsync("SET timezone = 'Asia/Kolkata'; SET datestyle = 'SQL, DMY'");

        foreach (var time in times)
        {
            await connection.RunAsync(
                "INSERT INTO events (id, aggregate_id, event_type, created_at) VALUES ($1 || gen_random_uuid(), $1, $1, $2::text::timestamptz)",
                text, time);
        }

        var received = await listener.DrainAsync();
        var expected = await connection.ColumnAsync<string>(
            """
            SELECT json_build_object(
                'version', version, 'id', id, 'aggregate_id', aggregate_id, 'event_type', event_type, 'created_at', created_at,
                'stream_name', stream_name, 'stream_version', stream_version)::text
            FROM events WHERE aggregate_id = $1 ORDER BY version
            """,
            text);
        Assert.HasCount(times.Length, received);
        foreach (var (given, told) in expected.Zip(received))
        {
            Assert.IsTrue(await connection.ScalarAsync<bool>("SELECT $1::text::jsonb = $2::text::jsonb", given, told.Payload), told.Payload);
        }
    }

    [TestMethod]
    public async Task A_statement_that_stores_nothing_tells_nothing()
    {
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        await using var listener = await RawListener.StartAsync(_database.ConnectionString, "events_global");

        await connection.RunAsync("INSERT INTO events (id, aggregate_id, event_type) SELECT 'none', 'none', 'T' WHERE false");

        Assert.IsEmpty(await listener.DrainAsync());
    }

    [TestMethod]
    public async Task Only_a_transaction_that_says_exactly_off_is_not_told_of()
    {
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        await using var listener = await RawListener.StartAsync(_database.ConnectionString, "events_global");

        await connection.RunAsync("BEGIN; SELECT set_config('synckit.notify', 'off', true)");
        await InsertAsync("off");
        await connection.RunAsync("COMMIT");
        var afterwards = await connection.ScalarAsync<string>("SELECT current_setting('synckit.notify', true)");
        await InsertAsync("after");
        foreach (var value in (string[])["on", "", "OFF", "false"])
        {
            await connection.RunAsync("SELECT set_config('synckit.notify', $1, false)", value);
            await InsertAsync("set to " + value);
        }

        Assert.AreEqual("", afterwards);
        CollectionAssert.AreEqual(
            (string[])["after", "set to on", "set to ", "set to OFF", "set to false"],
            (await listener.DrainAsync()).Select(n => EventTypeOf(n.Payload)).ToArray());

        Task<int> InsertAsync(string eventType) => connection.RunAsync(
            "INSERT INTO events (id, aggregate_id, event_type) VALUES (gen_random_uuid(), 'a', $1)", eventType);
    }

    [TestMethod]
    public async Task Long_names_that_start_alike_have_channels_of_their_own()
    {
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        var start = new string('s', 200);

        var channels = await connection.ColumnAsync<string>(
            "SELECT event_stream_channel('stream_' || $1 || n) FROM generate_series(1, 1000) AS n", start);

        Assert.HasCount(1_000, channels.Distinct());
    }

    [TestMethod]
    public async Task A_payload_that_would_not_fit_drops_to_the_versions()
    {
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        var stream = Sample.Stream();
        await using var listener = await RawListener.StartAsync(_database.ConnectionString, "events_global", "stream_" + stream);

        // Every length around the limit, so that the exact bound is among them; repeated characters, so that the type index takes them.
        for (var length = 7_600; length < 8_000; length += 7)
        {
            await connection.RunAsync(
                "INSERT INTO events (id, aggregate_id, event_type) VALUES ($1 || $2, $1, repeat('t', $2))", stream, length);
        }

        var received = (await listener.DrainAsync()).Where(n => n.Channel == "events_global").Select(n => n.Payload).ToList();
        Assert.HasCount(58, received);
        Assert.IsTrue(received.All(payload => payload.Length < 8_000));
        var dropped = received.Where(payload => payload.Length < 100).ToList();
        Assert.IsNotEmpty(dropped);
        Assert.IsGreaterThan(7_000, received[0].Length);
        using var last = JsonDocument.Parse(dropped[^1]);
        Assert.AreEqual(
            await connection.ScalarAsync<long>("SELECT max(version) FROM events WHERE aggregate_id = $1", stream),
            last.RootElement.GetProperty("version").GetInt64());
        Assert.AreEqual(58, last.RootElement.GetProperty("stream_version").GetInt64());
    }

    [TestMethod]
    public async Task The_longest_names_the_store_takes_are_told()
    {
        // Worst case: every character grows sixfold in JSON.
        await using var store = new TestStore(_database.ConnectionString);
        var text = new string('\u0001', EventLimits.MaxIdBytes);
        await using var listener = await RawListener.StartAsync(_database.ConnectionString, "events_global");

        var appended = await store.Events.StoreAsync(new EventData(text, text) { Id = text });

        var payload = (await listener.DrainAsync()).Single().Payload;
        using var document = JsonDocument.Parse(payload);
        Assert.AreEqual(appended.Version.Value, document.RootElement.GetProperty("version").GetInt64());
    }

    [TestMethod]
    public async Task Ten_thousand_rows_are_told_one_by_one_and_more_as_ranges()
    {
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        var (a, b) = (Sample.Stream(), Sample.Stream());
        await using var listener = await RawListener.StartAsync(_database.ConnectionString, "events_global", "stream_" + a, "stream_" + b);

        await InsertAsync("few", 10_000);
        var few = (await listener.DrainAsync()).CountBy(n => n.Channel).ToDictionary();
        await InsertAsync("many", 10_001);
        var many = await listener.DrainAsync();

        Assert.AreEqual(10_000, few["events_global"]);
        Assert.AreEqual(5_000, few["stream_" + a]);
        Assert.HasCount(3, many);
        foreach (var (channel, stream) in ((string, string)[])[("stream_" + a, a), ("stream_" + b, b), ("events_global", "%")])
        {
            using var range = JsonDocument.Parse(many.Single(n => n.Channel == channel).Payload);
            Assert.AreEqual(
                await connection.ScalarAsync<string>(
                    "SELECT concat_ws(' ', min(version), max(version), count(*)) FROM events WHERE id LIKE 'many%' AND aggregate_id LIKE $1", stream),
                string.Join(' ', range.RootElement.EnumerateObject().Select(member => member.Value.GetInt64())));
        }

        Task<int> InsertAsync(string prefix, int rows) => connection.RunAsync(
            """
            INSERT INTO events (id, aggregate_id, event_type, stream_version)
            SELECT
                $1 || n, CASE n % 2 WHEN 0 THEN $2 ELSE $3 END, 'T',
                (n + 1) / 2 + (SELECT count(*) FROM events WHERE aggregate_id = $2)
            FROM generate_series(1, $4) AS n
            """,
            prefix, a, b, rows);
    }

    [TestMethod]
    public async Task What_is_rolled_back_is_not_told()
    {
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        await using var listener = await RawListener.StartAsync(_database.ConnectionString, "events_global");
        var stream = Sample.Stream();

        await connection.RunAsync("BEGIN");
        await InsertAsync("rolled back");
        await connection.RunAsync("ROLLBACK");
        await connection.RunAsync("BEGIN");
        await InsertAsync("kept");
        await connection.RunAsync("SAVEPOINT here");
        await InsertAsync("to savepoint");
        await connection.RunAsync("ROLLBACK TO SAVEPOINT here");
        await connection.RunAsync("COMMIT");
        await InsertAsync("marker");

        CollectionAssert.AreEqual(
            (string[])["kept", "marker"], (await listener.DrainAsync()).Select(n => EventTypeOf(n.Payload)).ToArray());

        Task<int> InsertAsync(string eventType) => connection.RunAsync(
            "INSERT INTO events (id, aggregate_id, event_type) VALUES (gen_random_uuid(), $1, $2)", stream, eventType);
    }

    [TestMethod]
    public async Task Rows_left_out_by_on_conflict_are_not_told()
    {
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        await using var listener = await RawListener.StartAsync(_database.ConnectionString, "events_global");
        var stream = Sample.Stream();

        await InsertAsync();
        await InsertAsync();

        Assert.HasCount(1, await listener.DrainAsync());

        Task<int> InsertAsync() => connection.RunAsync(
            "INSERT INTO events (id, aggregate_id, event_type) VALUES ($1, $1, 'T') ON CONFLICT DO NOTHING", stream);
    }

    [TestMethod]
    public async Task A_stored_append_is_told_in_its_order()
    {
        await using var store = new TestStore(_database.ConnectionString);
        var stream = Sample.Stream();
        await using var listener = await RawListener.StartAsync(_database.ConnectionString, "stream_" + stream);

        var appended = await store.Events.StoreAsync(Sample.Events(stream, 50));

        CollectionAssert.AreEqual(
            appended.Events.Select(e => e.Version.Value).ToArray(),
            (await listener.DrainAsync()).Select(n => VersionOf(n.Payload)).ToArray());
    }

    [TestMethod]
    public async Task A_refused_append_is_not_told()
    {
        await using var store = new TestStore(_database.ConnectionString);
        var stream = Sample.Stream();
        var stored = Sample.Event(stream);
        await store.Events.StoreAsync(stored);
        await using var listener = await RawListener.StartAsync(_database.ConnectionString, "events_global");

        await Assert.ThrowsExactlyAsync<WrongExpectedVersionException>(
            () => store.Events.AppendAsync([Sample.Event(stream)], ExpectedVersion.NoStream));
        await store.Events.AppendAsync([stored], ExpectedVersion.NoStream);

        Assert.IsEmpty(await listener.DrainAsync());
    }

    private static string EventTypeOf(string payload)
    {
        using var document = JsonDocument.Parse(payload);
        return document.RootElement.GetProperty("event_type").GetString()!;
    }

    private static long VersionOf(string payload)
    {
        using var document = JsonDocument.Parse(payload);
        return document.RootElement.GetProperty("version").GetInt64();
    }
}
