using System.IO.Compression;
using System.Runtime.Versioning;
using System.Text;
using System.Text.Json;
using Npgsql;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Cli;

[TestClass]
public sealed class ExportCommandTests : CliDatabase
{
    private readonly string _folder = Directory.CreateTempSubdirectory("synckit-export-").FullName;

    private string FilePath => Path.Combine(_folder, "events.jsonl");

    [TestCleanup]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    [DataRow("", "e1 e2 e3 e4 e5 e6")]
    [DataRow("-", "e1 e2 e3 e4 e5 e6")]
    [DataRow("--stream s1", "e1 e4")]
    [DataRow("--stream none", "")]
    [DataRow("--type T0", "e2 e4 e6")]
    [DataRow("--from-version 3 --to-version 5", "e3 e4 e5")]
    [DataRow("--to-version 0", "")]
    [DataRow("--from-version 0 --to-version 99", "e1 e2 e3 e4 e5 e6")]
    [DataRow("--from-version 6 --to-version 5", "")]
    [DataRow("--from 2000-01-01 --until 9999-01-01", "e1 e2 e3 e4 e5 e6")]
    [DataRow("--until 2000-01-01", "")]
    public async Task Writes_what_is_asked_for_to_stdout_and_says_nothing(string options, string ids)
    {
        await ImportAsync(Lines(6));
        var export = await RunAsync(["export", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

        Assert.AreEqual((0, ""), (export.ExitCode, export.Error));
        Assert.AreEqual(ids, string.Join(' ', export.Lines.Select(Id)));
    }

    [TestMethod]
    [DataRow(false, false)]
    [DataRow(true, false)]
    [DataRow(false, true)]
    [DataRow(true, true)]
    public async Task What_is_exported_and_imported_again_is_the_same_in_every_value(bool throughFile, bool gzip)
    {
        await ImportAsync(
            """
            {"id":"1","aggregate_id":"ä🎉","event_type":"T","data":{"b":1e2,"a":"\u00fc\"\n","d":[1.10,123456789012345678901234567890,{"x":null}]},"metadata":{"who":"me"},"created_at":"2006-02-14T13:29:13.123456+02:00"}
            {"id":"2","aggregate_id":"b","event_type":"null and absent","data":null,"created_at":"0001-01-01T00:00:00Z"}
            {"id":"3 \"","aggregate_id":"b","event_type":"T","metadata":null,"created_at":"9999-12-31T23:59:59.999999Z"}
            {"id":"4","aggregate_id":"ä🎉","event_type":"T","data":"text"}
            {"id":"5","aggregate_id":"c","event_type":"T","data":false,"metadata":[]}
            """);
        var whole = (await RunAsync("export")).Output;

        await using var other = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        var file = FilePath + (gzip ? ".gz" : "");
        byte[] bytes;
        if (throughFile)
        {
            Assert.StartsWith("Exported 5 events, the last of version 5: ", (await RunAsync("export", file)).Error);
            bytes = await File.ReadAllBytesAsync(file);
            Assert.AreEqual(0, (await SynckitProcess.RunAsync(other.ConnectionString, "import", file)).ExitCode);
        }
        else
        {
            bytes = await SynckitProcess.RunForBytesAsync(ConnectionString, gzip ? ["export", "--gzip"] : ["export"]);
            Assert.AreEqual(0, (await SynckitProcess.RunAsync(other.ConnectionString, bytes, ["import", "-"])).ExitCode);
        }

        Assert.AreEqual(whole, Encoding.UTF8.GetString(gzip ? Unzip(bytes) : bytes));
        Assert.AreEqual(whole, (await SynckitProcess.RunAsync(other.ConnectionString, "export")).Output);
        Assert.HasCount(5, whole.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [TestMethod]
    public async Task Stops_before_an_append_that_is_open_so_that_nothing_can_appear_in_it_later()
    {
        await ImportAsync(Lines(3));
        await using var held = await HeldTransaction.BeginAsync(ConnectionString);
        await ImportAsync(Lines(3, from: 4));
        var export = await RunAsync("export");
        var stream = await RunAsync("export", "--stream", "s1");

        Assert.AreEqual("e1 e2 e3", string.Join(' ', export.Lines.Select(Id)));
        Assert.AreEqual("e1", string.Join(' ', stream.Lines.Select(Id)));
    }

    [TestMethod]
    public async Task A_pipe_that_is_closed_early_ends_it_quietly()
    {
        await ImportAsync(Lines(20_000));
        foreach (var arguments in (string[][])[["export"], ["export", "--gzip"]])
        {
            using var export = SynckitProcess.Start(ConnectionString, arguments);
            await export.ReadByteAsync();
            export.CloseOutput();
            var end = await export.EndAsync();

            Assert.AreEqual((0, ""), (end.ExitCode, end.Error));
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task Interrupted_it_leaves_the_file_of_before_and_nothing_that_is_in_the_way(bool killed)
    {
        await ImportAsync(Lines(1));
        await File.WriteAllTextAsync(FilePath, "before");
        await using (await HoldReadersAsync())
        {
            using var export = SynckitProcess.Start(ConnectionString, "export", FilePath);
            await SomeoneWaitsAsync();
            Assert.IsTrue(File.Exists(FilePath + ".partial"));
            if (killed)
            {
                await export.KillAsync();
            }
            else
            {
                export.Interrupt();
                var end = await export.EndAsync();
                Assert.AreEqual((1, "synckit: Cancelled.\n"), (end.ExitCode, end.Error));
                Assert.IsFalse(File.Exists(FilePath + ".partial"));
            }
        }

        Assert.AreEqual("before", await File.ReadAllTextAsync(FilePath));
        Assert.AreEqual(0, (await RunAsync("export", FilePath)).ExitCode);
        Assert.AreEqual("e1", Id(await File.ReadAllTextAsync(FilePath)));
        CollectionAssert.AreEqual(new[] { FilePath }, Directory.GetFileSystemEntries(_folder));
    }

    [TestMethod]
    public async Task Two_exports_to_one_file_do_not_mix()
    {
        await ImportAsync(Lines(1));
        var held = await HoldReadersAsync();
        using var first = SynckitProcess.Start(ConnectionString, "export", FilePath);
        await SomeoneWaitsAsync();
        var second = await RunAsync("export", FilePath);
        await held.DisposeAsync();

        Assert.AreEqual(1, second.ExitCode, second.Error);
        Assert.StartsWith("synckit: ", second.Error);
        Assert.AreEqual(0, (await first.EndAsync()).ExitCode);
        Assert.AreEqual("e1", Id(await File.ReadAllTextAsync(FilePath)));
    }

    [TestMethod]
    public async Task Interrupted_gzip_in_a_pipe_does_not_look_whole()
    {
        await FillAsync(20_000, "(SELECT string_agg(gen_random_uuid()::text, '') FROM generate_series(1, 30) WHERE n > 0)");
        using var export = SynckitProcess.Start(ConnectionString, "export", "--gzip");
        await export.ReadByteAsync();
        export.Interrupt();
        var (exitCode, rest) = await export.EndWithBytesAsync();
        await using var other = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        var import = await SynckitProcess.RunAsync(other.ConnectionString, [0x1F, .. rest], ["import", "-"]);

        Assert.AreEqual(1, exitCode);
        Assert.AreEqual(1, import.ExitCode, import.Error);
        Assert.Contains("gzip data must be whole", import.Error);
    }

    [TestMethod]
    [UnsupportedOSPlatform("windows")]
    public async Task A_link_and_a_device_stay_what_they_are_and_a_file_stays_private()
    {
        await ImportAsync(Lines(2));
        var target = Path.Combine(_folder, "target");
        await File.WriteAllTextAsync(target, "before");
        File.SetUnixFileMode(target, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.CreateSymbolicLink(FilePath, target);

        Assert.AreEqual(0, (await RunAsync("export", FilePath)).ExitCode);
        Assert.AreEqual(0, (await RunAsync("export", "/dev/null")).ExitCode);

        Assert.AreEqual(target, new FileInfo(FilePath).LinkTarget);
        Assert.AreEqual("e1", Id(File.ReadLines(target).First()));
        Assert.AreEqual(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(target));
        Assert.AreEqual("", await File.ReadAllTextAsync("/dev/null"));
    }

    [TestMethod]
    public async Task A_large_log_goes_out_in_little_memory()
    {
        await FillAsync(60_000, "repeat(md5(n::text), 64)");

        // 130 MB of lines through a heap of 64 MB.
        var (exitCode, length) = await SynckitProcess.CountBytesAsync(ConnectionString, heapMegabytes: 64, "export");

        Assert.AreEqual(0, exitCode);
        Assert.IsGreaterThan(120_000_000L, length);
    }

    [TestMethod]
    [DataRow("export --json")]
    [DataRow("export - --json")]
    [DataRow("export /no/such/folder/events.jsonl")]
    [DataRow("export /tmp")]
    [DataRow("export --from-version x")]
    public async Task Wrong_usage_exits_with_2(string arguments)
    {
        var run = await RunAsync(arguments.Split(' '));

        Assert.AreEqual((2, ""), (run.ExitCode, run.Output), run.Error);
        Assert.StartsWith("synckit: ", run.Error);
    }

    /// <summary>Whoever reads events waits until this is disposed.</summary>
    private async Task<NpgsqlConnection> HoldReadersAsync()
    {
        var connection = await RawSql.ConnectAsync(ConnectionString);
        await connection.RunAsync("BEGIN");
        await connection.RunAsync("LOCK TABLE events IN ACCESS EXCLUSIVE MODE");
        return connection;
    }

    /// <summary>Not asked by who holds the lock: within a transaction the server shows the same activity for ever.</summary>
    private async Task SomeoneWaitsAsync()
    {
        await using var connection = await RawSql.ConnectAsync(ConnectionString);
        await connection.SomeoneWaitsAsync();
    }

    /// <param name="count">So many events.</param>
    /// <param name="text">SQL for the data of event n.</param>
    private async Task FillAsync(int count, string text)
    {
        await using var connection = await RawSql.ConnectAsync(ConnectionString);
        await connection.RunAsync($"""
            INSERT INTO events (id, aggregate_id, event_type, data, stream_version)
            SELECT n::text, 's', 'T', jsonb_build_object('text', {text}), n FROM generate_series(1, {count}) AS n
            """);
    }

    private static byte[] Unzip(byte[] bytes)
    {
        using var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
        using var plain = new MemoryStream();
        gzip.CopyTo(plain);
        return plain.ToArray();
    }

    private static string Id(string line)
    {
        using var json = JsonDocument.Parse(line.TrimEnd());
        return json.RootElement.GetProperty("id").GetString()!;
    }
}
