using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using SyncKit.EfStore.Tests.Copying;
using SyncKit.EfStore.Tests.Sqlite;

namespace SyncKit.EfStore.Tests.Cli;

[TestClass]
public sealed class CopyCommandTests : CliDatabase
{
    // By hand: 20 kills of a copy of 200,000.
    private static readonly int Kills = int.Parse(Environment.GetEnvironmentVariable("SYNCKIT_COPY_KILLS") ?? "2", CultureInfo.InvariantCulture);
    private static readonly int Events = int.Parse(Environment.GetEnvironmentVariable("SYNCKIT_COPY_EVENTS") ?? "35000", CultureInfo.InvariantCulture);

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
    [DataRow(false)]
    [DataRow(true)]
    public async Task Killed_at_any_moment_the_same_command_goes_on(bool toFile)
    {
        using var file = GoLog.Create(Events);
        using var other = new SqliteFile();
        await using var connection = await RawSql.ConnectAsync(ConnectionString);
        var random = new Random();
        string[] command = ["copy", "--from", file.Path, "--to", toFile ? other.Path : "postgres"];
        var (seen, killed) = (new List<long>(), 0);
        for (var kill = 0; kill < Kills; kill++)
        {
            using var running = SynckitProcess.Start(ConnectionString, command);
            var ended = running.EndAsync();

            // Now and then before it has written anything; else once it has, at whatever it is just then.
            for (var before = await CountAsync(); kill % 4 != 1 && !ended.IsCompleted && await CountAsync() == before;)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(2));
            }

            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(0, kill % 4 == 1 ? 1_000 : 100)));
            killed += ended.IsCompleted ? 0 : 1;
            running.Kill();
            await ended;
            seen.Add(await CountAsync());
        }

        var last = await RunAsync(command);

        TestContext.WriteLine($"{killed} killed of {Kills}, with so many events copied: {string.Join(' ', seen)}; then: {last.Error}");
        Assert.AreEqual(0, last.ExitCode, last.Error);
        Assert.IsTrue(seen.Exists(count => count > 0 && count < Events - (Events / 13)), "no copy was killed in the middle");
        await using var source = file.Open(options => options.ReadOnly = true);
        await using var postgres = new TestStore(ConnectionString);
        await using var sqlite = other.Open(options => options.CreateIfMissing = toFile);
        CollectionAssert.AreEqual(await IdsAsync(source), await IdsAsync(toFile ? sqlite : postgres.Events));

        async Task<long> CountAsync()
        {
            try
            {
                return !toFile ? await connection.ScalarAsync<long>("SELECT count(*) FROM events")
                    : File.Exists(other.Path) ? long.Parse(other.Rows("SELECT count(*) FROM events")[0], CultureInfo.InvariantCulture)
                    : 0;
            }
            catch (SqliteException)
            {
                // The table is still to come.
                return 0;
            }
        }
    }

    public required TestContext TestContext { get; set; }

    private static async Task<List<string>> IdsAsync(IEventStore store) =>
        await store.LoadAsync(EventVersion.Zero).Select(e => $"{e.Id} {e.StreamVersion}").ToListAsync();
}
