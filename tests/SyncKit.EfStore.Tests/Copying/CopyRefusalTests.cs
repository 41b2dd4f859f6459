using System.Text.Json;
using SyncKit.EfStore.Sqlite;
using SyncKit.EfStore.Tests.Sqlite;

namespace SyncKit.EfStore.Tests.Copying;

[TestClass]
public sealed class CopyRefusalTests : CopyDatabase
{
    /// <summary>A row of each kind that no log takes, among rows that are well.</summary>
    private static SqliteFile Broken()
    {
        var file = new SqliteFile(SqliteFile.GoSql);
        GoLog.Add(file, -3, "before all", "1");
        GoLog.Add(file, 1, "e1", "1");
        GoLog.Add(file, 2, "bad json", "{\"a\":");
        GoLog.Add(file, 3, "nul escape", "\"\\u0000\"");
        GoLog.Add(file, 4, "surrogate", "\"\\ud800\"");
        GoLog.Add(file, 5, "number", "1e200000");
        GoLog.Add(file, 6, "deep", new string('[', 1_001) + new string(']', 1_001));
        GoLog.Add(file, 7, new string('i', 1_025), "1");
        GoLog.Add(file, 8, "e8", "8");
        GoLog.Add(file, 9, GoLog.Utf8("e8"), "9");
        GoLog.Add(file, 10, "nul", "1");
        GoLog.SetText(file, 10, "aggregate_id", [(byte)'a', 0, (byte)'b']);
        GoLog.Add(file, 11, "no utf-8", "1");
        GoLog.SetText(file, 11, "data", [(byte)'"', 0xff, (byte)'"']);
        GoLog.Add(file, 12, "time", "1", at: "yesterday");
        GoLog.Add(file, 13, "large", $"\"{new string('x', 3_000)}\"");
        GoLog.Add(file, 14, "metadata", "1", metadata: "nothing");
        GoLog.Add(file, 15, "", "1");
        GoLog.Add(file, 16, "e16", "16");
        return file;
    }

    private static readonly string[] Reasons =
    [
        "-3|The version must be 1 or more; it is -3.",
        "2|The data must be valid JSON",
        "3|The data must not",
        "4|The data must not",
        "5|The data must hold only numbers",
        "6|The data must",
        "7|The id must hold 1 to 1024 bytes",
        "9|The id must be unique; its bytes are those of the id of version 8.",
        "10|The aggregate_id must hold 1 to 1024 bytes of UTF-8 without NUL or lone surrogates; it holds NUL at character 1.",
        "11|The data must be valid",
        "12|The created_at must be NULL or a date and time from year 1 to 9999; it is 'yesterday'.",
        "13|The data must hold at most 2048 bytes of UTF-8; it holds 3002 bytes.",
        "14|The metadata must be valid JSON",
        "15|The id must hold 1 to 1024 bytes",
    ];

    private static void AssertReasons(IEnumerable<string> actual)
    {
        var given = actual.ToList();
        Assert.HasCount(Reasons.Length, given, string.Join('\n', given));
        foreach (var (expected, reason) in Reasons.Zip(given))
        {
            Assert.StartsWith(expected, reason);
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task A_dry_run_tells_of_each_event_that_cannot_be_copied_and_writes_nothing(bool toFile)
    {
        using var file = Broken();
        using var other = new SqliteFile();
        await using var source = Source(file);
        await using var small = new TestStore(ConnectionString, options => options.MaxJsonBytes = 2_048);
        await using var target = other.Open(options => (options.MaxJsonBytes, options.ReadOnly) = (2_048, true));
        IEventCopyTarget to = toFile ? target : (IEventCopyTarget)small.Services.GetService(typeof(PostgresEventLog))!;
        var told = new List<string>();

        var result = await CopyAsync(
            source, to, new EventCopyOptions { DryRun = true, OnRefused = refused => told.Add($"{refused.Event.Version}|{refused.Reason}") });

        Assert.AreEqual((3L, 0L, 14L), (result.Copied, result.AlreadyStored, result.Rejected));
        AssertReasons(told);
        Assert.IsFalse(File.Exists(other.Path));
        Assert.AreEqual(EventVersion.Zero, await Postgres.GetLatestVersionAsync());
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task With_a_file_for_rejects_the_copy_goes_on_past_them_and_writes_each_once(bool toFile)
    {
        using var file = Broken();
        using var other = new SqliteFile();
        await using var source = Source(file);
        await using var small = new TestStore(ConnectionString, options => options.MaxJsonBytes = 2_048);
        await using var target = other.Open(options => options.MaxJsonBytes = 2_048);
        IEventCopyTarget to = toFile ? target : (IEventCopyTarget)small.Services.GetService(typeof(PostgresEventLog))!;
        var rejects = Path.Combine(file.Folder, "rejects.jsonl");
        var options = new EventCopyOptions { RejectsFile = rejects };

        // As a dry run and a copy that was killed in the middle of a line leave it.
        await CopyAsync(source, to, new EventCopyOptions { RejectsFile = rejects, DryRun = true });
        var whole = await File.ReadAllBytesAsync(rejects);
        await File.WriteAllBytesAsync(rejects, whole[..^40]);
        var result = await CopyAsync(source, to, options);

        Assert.AreEqual((3L, 14L), (result.Copied, result.Rejected));
        CollectionAssert.AreEqual(whole, await File.ReadAllBytesAsync(rejects));
        var lines = (await File.ReadAllLinesAsync(rejects)).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        AssertReasons(lines.Select(line => $"{line.GetProperty("version")}|{line.GetProperty("reason")}"));
        Assert.AreEqual("{\"a\":", lines[1].GetProperty("row").GetProperty("data").GetString());
        CollectionAssert.AreEqual(new byte[] { (byte)'"', 0xff, (byte)'"' }, lines[9].GetProperty("row").GetProperty("data_base64").GetBytesFromBase64());
        Assert.AreEqual("e1 e8 e16", await IdsAsync((IEventCopySource)to));

        // Nothing is dealt with twice.
        Assert.AreEqual(new EventCopyResult(0, 0, 0, new EventVersion(16), new EventVersion(16)), await CopyAsync(source, to, options));
    }

    [TestMethod]
    public async Task Without_one_it_stops_at_the_first_and_goes_on_there_once_it_is_mended()
    {
        using var file = GoLog.Create(100);
        GoLog.Add(file, 200, "bad", "{");
        GoLog.Add(file, 201, "good", "{}");
        await using var source = Source(file);

        var stopped = await Assert.ThrowsExactlyAsync<EventCopyException>(() => CopyAsync(source, Postgres));
        Assert.AreEqual(200, stopped.Refused!.Event.Version);
        Assert.StartsWith("Version 200, id 'bad': The data must be valid JSON", stopped.Message);
        Assert.Contains("Everything before it is copied: 93 events now", stopped.Message);
        Assert.HasCount(93, await ReadAsync(Postgres));

        file.Run("UPDATE events SET data = '{}' WHERE version = 200");
        Assert.AreEqual((2L, 0L), await CopyAsync(source, Postgres) is var result ? (result.Copied, result.AlreadyStored) : default);
        await AssertSameAsync(source, Postgres);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task An_id_that_the_target_has_with_other_content_is_told_from_one_that_has_the_same(bool toFile)
    {
        using var file = new SqliteFile(SqliteFile.GoSql);
        for (var n = 1; n <= 6; n++)
        {
            GoLog.Add(file, n, $"e{n}", $$"""{"n":{{n}},"m":1e1}""");
        }

        using var other = new SqliteFile();
        await using var source = Source(file);
        await using var target = other.Open();
        var (to, store) = toFile ? ((IEventCopyTarget)target, (IEventStore)target) : (Postgres, Events);
        await store.StoreAsync(
        [
            new EventData("s", "T", EventJson.Parse("""{"m":10,"n":3}""")) { Id = "e3" },
            new EventData("s", "T", EventJson.Parse("""{"n":50}""")) { Id = "e5" },
        ]);

        var dry = await CopyAsync(source, to, new EventCopyOptions { DryRun = true });
        Assert.AreEqual((4L, 1L, 1L), (dry.Copied, dry.AlreadyStored, dry.Rejected));

        var stopped = await Assert.ThrowsExactlyAsync<EventCopyException>(() => CopyAsync(source, to));
        Assert.StartsWith("Version 5, id 'e5': The id is already stored in the target with other content.", stopped.Message);
        Assert.AreEqual("e3 e5 e1 e2 e4", await IdsAsync((IEventCopySource)to));

        var rejects = Path.Combine(file.Folder, "rejects.jsonl");
        var result = await CopyAsync(source, to, new EventCopyOptions { RejectsFile = rejects });
        Assert.AreEqual((1L, 0L, 1L), (result.Copied, result.AlreadyStored, result.Rejected));
        Assert.HasCount(1, await File.ReadAllLinesAsync(rejects));
    }

    private static async Task<string> IdsAsync(IEventCopySource log) => string.Join(' ', (await ReadAsync(log)).Select(e => e.Id));

    [TestMethod]
    public async Task A_file_of_something_else_is_not_taken_for_rejects()
    {
        using var file = GoLog.Create(3);
        await using var source = Source(file);
        var notes = Path.Combine(file.Folder, "notes.txt");
        await File.WriteAllTextAsync(notes, "my notes\n");

        await Assert.ThrowsExactlyAsync<InvalidInputException>(() => CopyAsync(source, Postgres, new EventCopyOptions { RejectsFile = notes }));

        Assert.AreEqual("my notes\n", await File.ReadAllTextAsync(notes));
        Assert.AreEqual(EventVersion.Zero, await Postgres.GetLatestVersionAsync());
    }
}
