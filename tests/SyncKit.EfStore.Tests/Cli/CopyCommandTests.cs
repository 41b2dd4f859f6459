using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using SyncKit.EfStore.Tests.Copying;
using SyncKit.EfStore.Tests.Sqlite;

namespace SyncKit.EfStore.Tests.Cli;

[TestClass]
public sealed class CopyCommandTests : CliDatabase
{
    // By hand: 20.
    private static readonly int Kills = int.Parse(Environment.GetEnvironmentVariable("SYNCKIT_COPY_KILLS") ?? "3", CultureInfo.InvariantCulture);

    [TestMethod]
    public async Task Says_what_it_would_do_does_it_and_finds_nothing_left_to_do()
    {
        using var file = GoLog.Create(200);
        var dry = await RunAsync("copy", "--from", file.Path, "--to", "postgres", "--dry-run");
        var first = await RunAsync("copy", "--from", file.Path, "--to", "postgres", "--json");
        var second = await RunAsync("copy", "--from", $"sqlite:{file.Path}", "--to", ConnectionString);

        Assert.AreEqual((0, ""), (dry.ExitCode, dry.Output));
        Assert.StartsWith("Would copy up to version 200: 185 events; 0 already stored; 0 that cannot be:", dry.Error);
        Assert.AreEqual(0, first.ExitCode, first.Error);
        var json = JsonDocument.Parse(first.Lines.Single()).RootElement;
        Assert.AreEqual((185, 0, 0, 200), (json.GetProperty("copied").GetInt32(), json.GetProperty("already_stored").GetInt32(), json.GetProperty("rejected").GetInt32(), json.GetProperty("up_to").GetInt32()));
        Assert.StartsWith("Nothing to copy behind version 200, where an earlier copy ended, up to version 200", second.Error);
    }

    [TestMethod]
    public async Task Stops_at_what_cannot_be_copied_says_it_in_a_dry_run_or_goes_on_with_a_file_for_rejects()
    {
        using var file = GoLog.Create(20);
        GoLog.Add(file, 30, "bad", "{");
        GoLog.Add(file, 31, "good", "{}");
        var rejects = Path.Combine(file.Folder, "rejects.jsonl");

        var dry = await RunAsync("copy", "--from", file.Path, "--to", "postgres", "--dry-run", "--json");
        var stopped = await RunAsync("copy", "--from", file.Path, "--to", "postgres");
        var passed = await RunAsync("copy", "--from", file.Path, "--to", "postgres", "--rejects", rejects);

        Assert.AreEqual(1, dry.ExitCode);
        Assert.AreEqual("bad", JsonDocument.Parse(dry.Lines[0]).RootElement.GetProperty("id").GetString());
        Assert.HasCount(2, dry.Lines);
        Assert.AreEqual(1, stopped.ExitCode);
        Assert.StartsWith("synckit: Version 30, id 'bad': The data must be valid JSON", stopped.Error);
        Assert.AreEqual(0, passed.ExitCode, passed.Error);
        Assert.StartsWith($"Copied behind version 20, where an earlier copy ended, up to version 31: 1 events; 0 already stored; 1 that cannot be, see '{rejects}':", passed.Error);
        Assert.HasCount(1, await File.ReadAllLinesAsync(rejects));
    }

    [TestMethod]
    [DataRow("nowhere", "postgres", "That is no place of a log.")]
    [DataRow("postgres", "Host=localhost;Password=secret;Nonsense=1", "That is no place of a log.")]
    [DataRow("env:SYNCKIT_NOT_SET", "postgres", "The environment variable 'SYNCKIT_NOT_SET' is not set.")]
    [DataRow("postgres", "postgres", "--from and --to name the same log.")]
    public async Task Says_how_a_place_is_spelled_and_shows_no_secret(string from, string to, string said)
    {
        var result = await RunAsync("copy", "--from", from, "--to", to);

        Assert.AreEqual(2, result.ExitCode, result.Error);
        Assert.Contains(said, result.Error);
        Assert.DoesNotContain("secret", result.Error);
    }

    [TestMethod]
    public async Task Killed_at_any_moment_the_same_command_goes_on()
    {
        using var file = GoLog.Create(30_000);
        using var other = new SqliteFile();
        var random = new Random(4711);
        string[] there = ["copy", "--from", file.Path, "--to", "postgres"];
        string[] back = ["copy", "--from", "postgres", "--to", other.Path];
        foreach (var command in (string[][])[there, back])
        {
            var begun = Stopwatch.StartNew();
            for (var kill = 0; kill < Kills; kill++)
            {
                // From before it has connected to after it is done.
                using var running = SynckitProcess.Start(ConnectionString, command);
                await Task.Delay(TimeSpan.FromMilliseconds(random.Next(200, 3_500)));
            }

            var last = await RunAsync(command);
            Assert.AreEqual(0, last.ExitCode, last.Error);
            TestContext.WriteLine($"{begun.Elapsed.TotalSeconds:0} s, the last: {last.Error}");
        }

        await using var store = new TestStore(ConnectionString);
        await using var source = file.Open(options => options.ReadOnly = true);
        await using var sqlite = other.Open();
        var expected = await IdsAsync(source);
        CollectionAssert.AreEqual(expected, await IdsAsync(store.Events));
        CollectionAssert.AreEqual(expected, await IdsAsync(sqlite));
    }

    public required TestContext TestContext { get; set; }

    private static async Task<List<string>> IdsAsync(IEventStore store) =>
        await store.LoadAsync(EventVersion.Zero).Select(e => $"{e.Id} {e.StreamVersion}").ToListAsync();
}
