using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace SyncKit.EfStore.Tests.Sqlite;

/// <summary>Files as go-sync-kit makes them are read as they stand; what is written into them a Go service can read, and their schema stays.</summary>
[TestClass]
public sealed class GoFileTests
{
    private const string Rows = """
        INSERT INTO events (version, id, aggregate_id, event_type, data, metadata, created_at) VALUES
            (1, 'e1', 'a', 'Opened', '{"b":1,"a":[1e2,"ä"]}', 'null', '2024-01-02 03:04:05'),
            (2, 'e2', 'b', 'Opened', '17', '{}', '2024-01-02 03:04:05.123456789+00:00'),
            (5, 'e3', 'a', 'Changed', 'null', NULL, '2024-01-02T03:04:05Z'),
            (6, 'e4', 'a', 'Changed', NULL, '"text"', '2024-01-02 03:04:05.123 +0000 UTC m=+0.000012'),
            (7, 'e5', 'b', 'Closed', 'true', 'null', NULL),
            (9, 'e6', 'a', 'Closed', '"a \"text\""', 'null', 'yesterday');
        """;

    public static IEnumerable<object[]> Variants => [["plain", SqliteFile.GoSql], ["with origins", SqliteFile.GoSql + SqliteFile.OriginSql]];

    public required TestContext TestContext { get; set; }

    [TestMethod]
    [DynamicData(nameof(Variants))]
    public async Task What_a_Go_service_wrote_is_read_as_it_stands(string variant, string schema)
    {
        _ = variant;
        using var file = new SqliteFile(schema + Rows);
        await using var store = file.Open();
        await using var reader = file.Open(options => options.ReadOnly = true);
        var second = new DateTimeOffset(2024, 1, 2, 3, 4, 5, TimeSpan.Zero);
        (long, long, string, string, string, string?, string?, DateTimeOffset?)[] expected =
        [
            (1, 1, "e1", "a", "Opened", """{"b":1,"a":[1e2,"ä"]}""", "null", second),
            (2, 1, "e2", "b", "Opened", "17", "{}", second.AddMicroseconds(123456)),
            (5, 2, "e3", "a", "Changed", "null", null, second),
            (6, 3, "e4", "a", "Changed", null, "\"text\"", second.AddMilliseconds(123)),
            (7, 2, "e5", "b", "Closed", "true", "null", null),
            (9, 4, "e6", "a", "Closed", "\"a \\\"text\\\"\"", "null", null),
        ];

        foreach (var one in (IEventStore[])[store, reader])
        {
            var read = await one.LoadAsync(EventVersion.Zero, TestContext.CancellationToken).ToListAsync();

            CollectionAssert.AreEqual(
                expected,
                read.Select(e => (e.Version.Value, e.StreamVersion, e.Id, e.AggregateId, e.EventType, e.Data?.ToString(), e.Metadata?.ToString(), e.CreatedAt)).ToArray());
            Assert.AreEqual(new EventVersion(9), await one.GetLatestVersionAsync());
        }
    }

    [TestMethod]
    [DynamicData(nameof(Variants))]
    public async Task An_append_goes_on_behind_what_is_there_and_leaves_the_schema_alone(string variant, string schema)
    {
        _ = variant;
        using var file = new SqliteFile(schema + Rows);
        var before = file.Rows("SELECT name, sql FROM sqlite_schema ORDER BY name");
        await using (var store = file.Open())
        {
            var result = await store.AppendAsync(
                [EventData.FromJson("a", "Reopened", """{"n": 1.0}""", "[]"), new EventData("a", "Empty")], ExpectedVersion.Exactly(4));

            CollectionAssert.AreEqual((long[])[10, 11], result.Events.Select(e => e.Version.Value).ToArray());
            CollectionAssert.AreEqual((long[])[5, 6], result.Events.Select(e => e.StreamVersion).ToArray());
        }

        CollectionAssert.AreEqual(before, file.Rows("SELECT name, sql FROM sqlite_schema ORDER BY name"));
        CollectionAssert.AreEqual(
            (string[])["10|a|Reopened|{\"n\": 1.0}|[]|text", "11|a|Empty|NULL|NULL|text"],
            file.Rows("SELECT version, aggregate_id, event_type, data, metadata, typeof(created_at) FROM events WHERE version > 9"));
    }

    [TestMethod]
    public async Task Times_are_written_as_Gos_driver_writes_them_and_SQLite_reads_them()
    {
        using var file = new SqliteFile();
        await using (var store = file.Open())
        {
            await store.StoreAsync(new EventData("a", "T") { CreatedAt = new DateTimeOffset(2024, 1, 2, 5, 4, 5, TimeSpan.FromHours(2)).AddMicroseconds(678) });
        }

        CollectionAssert.AreEqual(
            (string[])["2024-01-02 03:04:05.000678+00:00|2024-01-02 03:04:05"], file.Rows("SELECT created_at, datetime(created_at) FROM events"));
    }

    [TestMethod]
    public async Task A_new_file_is_one_that_a_Go_service_opens_and_goes_on_with()
    {
        using var file = new SqliteFile();
        await using var store = file.Open();
        await store.StoreAsync(Sample.Event("a"));

        file.Run(SqliteFile.GoSql + "INSERT INTO events (id, aggregate_id, event_type, data, metadata) VALUES ('go', 'a', 'T', '{}', 'null')");

        var last = (await store.LoadByAggregateAsync("a").ToListAsync())[^1];
        Assert.AreEqual(("go", 2L, 2L), (last.Id, last.Version.Value, last.StreamVersion));
        CollectionAssert.AreEqual((string[])["wal"], file.Rows("PRAGMA journal_mode"));
    }

    [TestMethod]
    public async Task Repeating_what_a_Go_service_stored_finds_it()
    {
        using var file = new SqliteFile(SqliteFile.GoSql + Rows);
        await using var store = file.Open();

        var again = await store.StoreAsync(new EventData("a", "Opened", EventJson.Parse("""{"a": [100, "\u00e4"], "b": 1}"""))
        {
            Id = "e1",
            Metadata = EventJson.Parse("null"),
        });

        Assert.IsTrue(again.AlreadyStored);
        Assert.AreEqual((1L, 1L), (again.Version.Value, again.StreamVersion));
        await Assert.ThrowsExactlyAsync<DuplicateEventException>(() => store.StoreAsync(new EventData("a", "Changed") { Id = "e3" }));
    }

    [TestMethod]
    public async Task What_is_no_JSON_or_odd_does_not_stop_a_reader()
    {
        using var file = new SqliteFile(SqliteFile.GoSql + """
            INSERT INTO events (version, id, aggregate_id, event_type, data, metadata, created_at) VALUES
                (-3, 'below', 'a', 'T', '{}', NULL, NULL), (0, 'zero', 'a', 'T', '{}', NULL, NULL),
                (3, 'broken', 'a', 'T', '{"a":', '', 1704164645),
                (4, 'blob', 'a', 'T', X'7B7D', CAST(X'22FF22' AS TEXT), 1704164645123),
                (5, 12, 'a', '', 17, 1.5, 2460311.5),
                (6, 'long', printf('%.*c', 5000, 'x'), 'T', '{}', NULL, '2024-01-02');
            """);
        await using var store = file.Open();

        var read = await store.LoadAsync(EventVersion.Zero).ToListAsync();

        CollectionAssert.AreEqual(
            (string[])["3 1 broken {\"a\": ", "4 2 blob {} \"\uFFFD\"", "5 3 12 17 1.5", "6 1 long {} "],
            read.Select(e => $"{e.Version} {e.StreamVersion} {e.Id} {e.Data} {e.Metadata}").ToArray());
        CollectionAssert.AreEqual(
            (string[])["2024-01-02 03:04:05.000", "2024-01-02 03:04:05.123", "2024-01-02 00:00:00.000", "2024-01-02 00:00:00.000"],
            read.Select(e => e.CreatedAt!.Value.ToString("yyyy-MM-dd HH:mm:ss.fff", System.Globalization.CultureInfo.InvariantCulture)).ToArray());
        Assert.AreEqual(1, await store.LoadByAggregateAsync(new string('x', 5_000)).CountAsync());
        CollectionAssert.AreEqual((long[])[6, 5, 4, 3], await store.ReadAsync(new EventQuery { Direction = ReadDirection.Backwards }).Select(e => e.Version.Value).ToArrayAsync());
        Assert.AreEqual(4, (await store.StoreAsync(Sample.Event("a"))).StreamVersion);
        await Assert.ThrowsExactlyAsync<DuplicateEventException>(() => store.StoreAsync(new EventData("a", "T", EventJson.Parse("{}")) { Id = "broken" }));
    }

    [TestMethod]
    public async Task Versions_are_never_used_again_even_when_the_last_event_was_deleted()
    {
        using var file = new SqliteFile();
        await using var store = file.Open();
        await store.StoreAsync(Sample.Events("a", 3));

        file.Run("DELETE FROM events WHERE version = 3");

        Assert.AreEqual(4, (await store.StoreAsync(Sample.Event("b"))).Version.Value);
    }

    [TestMethod]
    public async Task When_the_highest_version_is_used_an_append_says_so()
    {
        using var file = new SqliteFile(SqliteFile.GoSql + $"INSERT INTO events (version, id, aggregate_id, event_type) VALUES ({long.MaxValue}, 'e', 'a', 'T')");
        await using var store = file.Open();

        var refused = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(() => store.StoreAsync(Sample.Event("a")));

        Assert.AreEqual(UnavailableReason.ServerError, refused.Reason);
        Assert.Contains("highest version", refused.Message);
        Assert.AreEqual(long.MaxValue, (await store.GetLatestVersionAsync()).Value);
    }

    [TestMethod]
    public async Task Frames_that_nobody_committed_are_not_read()
    {
        using var file = new SqliteFile(SqliteFile.GoSql + Rows);
        await using var store = file.Open(options => options.BusyTimeout = TimeSpan.FromMilliseconds(50));
        using var writer = file.Connect();

        // With so small a cache the pages go to the WAL before the commit.
        SqliteFile.Run(writer, "PRAGMA cache_size = 1; PRAGMA cache_spill = 1");
        SqliteFile.Run(writer, "BEGIN IMMEDIATE");
        SqliteFile.Run(writer, """
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
            INSERT INTO events (id, aggregate_id, event_type, data) SELECT 'u' || i, 'a', 'T', printf('"%.*c"', 500, 'x') FROM n
            """);
        Assert.IsGreaterThan(500_000, new FileInfo(file.Path + "-wal").Length, "nothing was spilled");

        Assert.AreEqual(new EventVersion(9), await store.GetLatestVersionAsync());
        Assert.AreEqual(6, await store.LoadAsync(EventVersion.Zero).CountAsync());
        var locked = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(() => store.StoreAsync(Sample.Event("a")));
        Assert.AreEqual(UnavailableReason.ConnectionLost, locked.Reason);
        Assert.AreEqual(
            $"The SQLite file '{file.Path}' stayed locked by another connection or process for 00:00:00.0500000. Nothing was stored. "
                + "Let the other one commit sooner, or raise BusyTimeout.",
            locked.Message);

        // As after a crash of the writer: a copy, with those frames in its WAL.
        var crashed = Path.Combine(file.Folder, "crashed.db");
        File.Copy(file.Path, crashed);
        File.Copy(file.Path + "-wal", crashed + "-wal");
        await using (var recovered = file.Open(options => options.Path = crashed))
        {
            Assert.AreEqual(6, await recovered.LoadAsync(EventVersion.Zero).CountAsync());
            Assert.AreEqual((10L, 5L), await NextPlaceAsync(recovered));
        }

        SqliteFile.Run(writer, "ROLLBACK");
        Assert.AreEqual((10L, 5L), await NextPlaceAsync(store));

        static async Task<(long Version, long StreamVersion)> NextPlaceAsync(IEventStore store)
        {
            var result = await store.StoreAsync(Sample.Event("a"));
            return (result.Version.Value, result.StreamVersion);
        }
    }

    [TestMethod]
    public async Task An_append_waits_for_a_writer_that_is_running_and_comes_behind_it()
    {
        using var file = new SqliteFile(SqliteFile.GoSql);
        await using var store = file.Open();
        await store.StoreAsync(Sample.Event("a"));
        using var writer = file.Connect();
        SqliteFile.Run(writer, "BEGIN IMMEDIATE; INSERT INTO events (id, aggregate_id, event_type) VALUES ('go', 'a', 'T')");

        var waiting = store.AppendAsync([Sample.Event("a")], ExpectedVersion.Exactly(2));
        Assert.AreEqual(1, await store.LoadAsync(EventVersion.Zero).CountAsync(), "a reader waited, or saw what was not committed");
        Assert.IsFalse(waiting.IsCompleted);
        SqliteFile.Run(writer, "COMMIT");

        Assert.AreEqual((3L, 3L), ((await waiting).Version.Value, (await waiting).StreamVersion));
    }

    [TestMethod]
    public async Task An_append_that_waits_for_a_lock_can_be_cancelled_and_so_can_those_behind_it()
    {
        using var file = new SqliteFile(SqliteFile.GoSql);
        await using var store = file.Open();
        await store.GetLatestVersionAsync();
        using var writer = file.Connect();
        SqliteFile.Run(writer, "BEGIN IMMEDIATE");
        using var cancellation = new CancellationTokenSource();
        var waiting = Enumerable.Range(0, 3).Select(_ => store.StoreAsync(Sample.Event("a"), cancellation.Token)).ToArray();

        await cancellation.CancelAsync();

        foreach (var append in waiting)
        {
            await Assert.ThrowsAsync<OperationCanceledException>(() => append);
        }

        SqliteFile.Run(writer, "ROLLBACK");
        Assert.AreEqual(1, (await store.StoreAsync(Sample.Event("a"))).StreamVersion);
    }

    [TestMethod]
    public async Task A_file_without_WAL_or_index_gets_both_and_one_that_is_only_read_gets_nothing()
    {
        var table = SqliteFile.GoSql[..SqliteFile.GoSql.IndexOf("CREATE INDEX", StringComparison.Ordinal)];
        using var file = new SqliteFile(table + Rows, wal: false);
        var bytes = await File.ReadAllBytesAsync(file.Path);
        await using (var reader = file.Open(options => options.ReadOnly = true))
        {
            Assert.AreEqual(6, await reader.LoadAsync(EventVersion.Zero).CountAsync());
            CollectionAssert.AreEqual((long[])[4, 3], await reader.LoadByAggregateAsync("a").Select(e => e.StreamVersion).Reverse().Take(2).ToArrayAsync());
        }

        CollectionAssert.AreEqual(bytes, await File.ReadAllBytesAsync(file.Path));
        Assert.HasCount(1, Directory.GetFiles(file.Folder));

        await using (var store = file.Open())
        {
            Assert.AreEqual(6, await store.LoadAsync(EventVersion.Zero).CountAsync());
        }

        CollectionAssert.AreEqual((string[])["wal"], file.Rows("PRAGMA journal_mode"));
        CollectionAssert.Contains(file.Rows("SELECT name FROM sqlite_schema WHERE type = 'index'"), "idx_aggregate_id");
    }

    [TestMethod]
    public async Task Where_readers_and_writers_lock_each_other_out_a_commit_waits_for_the_reader()
    {
        using var file = new SqliteFile(SqliteFile.GoSql + Rows);
        await using var store = file.Open();
        await store.GetLatestVersionAsync();
        SqliteConnection.ClearAllPools();
        using var reader = file.Connect();
        SqliteFile.Run(reader, "PRAGMA journal_mode = DELETE");
        SqliteFile.Run(reader, "BEGIN; SELECT 1 FROM events");

        var append = store.StoreAsync(Sample.Event("a"));
        using var newcomer = file.Connect();
        while (raw.sqlite3_exec(newcomer.Handle, "SELECT 1 FROM events") != raw.SQLITE_BUSY)
        {
            // Until the commit waits for the reader, and lets no more readers in.
            await Task.Yield();
        }

        Assert.IsFalse(append.IsCompleted);
        SqliteFile.Run(reader, "COMMIT");

        Assert.AreEqual(5, (await append).StreamVersion);
    }

    [TestMethod]
    public async Task The_last_store_to_be_disposed_leaves_one_file_and_it_can_be_deleted()
    {
        using var file = new SqliteFile();
        var first = file.Open();
        var second = file.Open(options => options.ReadOnly = true);
        await first.StoreAsync(Sample.Event("a"));
        await second.GetLatestVersionAsync();

        await second.DisposeAsync();
        await first.DisposeAsync();

        CollectionAssert.AreEqual((string[])[file.Path], Directory.GetFiles(file.Folder));
        await Assert.ThrowsExactlyAsync<ObjectDisposedException>(() => first.GetLatestVersionAsync());
        await Assert.ThrowsExactlyAsync<ObjectDisposedException>(async () => await second.LoadAsync(EventVersion.Zero).CountAsync());
    }
}
