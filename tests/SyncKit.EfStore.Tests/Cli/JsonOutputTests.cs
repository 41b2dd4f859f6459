using System.Text.Json;

namespace SyncKit.EfStore.Tests.Cli;

/// <summary><c>--json</c> of every command prints what its help says, and nothing else.</summary>
[TestClass]
public sealed class JsonOutputTests : CliDatabase
{
    /// <summary>Commands whose stdout is no data: a story, a script, or nothing at all.</summary>
    private static readonly string[] Without =
        ["demo", "completion", "subscriptions pause", "subscriptions resume", "subscriptions rebuild"];

    [TestMethod]
    public void Every_command_with_output_to_parse_has_it()
    {
        var without = CommandTree.Leaves.Where(one => CommandTree.JsonMembers(one.Command) is null).Select(one => one.Path);

        CollectionAssert.AreEquivalent(Without, without.ToArray());
    }

    [TestMethod]
    public async Task What_is_printed_has_the_members_that_the_help_names()
    {
        await using var empty = await (await TestServer.GetAsync()).CreateEmptyDatabaseAsync();
        var folder = Directory.CreateTempSubdirectory("synckit-json-").FullName;
        var (file, exported, copied) = (Path.Combine(folder, "in.jsonl"), Path.Combine(folder, "out.jsonl"), Path.Combine(folder, "copy.db"));
        await File.WriteAllTextAsync(file, Lines(6));
        var tried = new List<string>();

        await HoldsOnAsync("migrate", empty.ConnectionString, []);
        await HoldsAsync("import", file);
        await HoldsAsync("append", "--stream", "s", "--type", "T", "--data", "1", "--metadata", "{}");
        await HoldsAsync("read", "--stream", "s");
        await HoldsAsync("export", exported);
        await HoldsAsync("copy", "--from", "postgres", "--to", $"sqlite:{copied}");
        await HoldsAsync("verify", "--from", "postgres", "--to", $"sqlite:{copied}");
        await using (var owner = await RawSql.ConnectAsync(ConnectionString))
        {
            await owner.RunAsync(
                """
                UPDATE events SET event_type = 'X' WHERE version = 3;
                INSERT INTO event_subscriptions (name, checkpoint) VALUES ('invoices', 6);
                INSERT INTO event_subscriptions_parked (subscription, version, event_id, aggregate_id, event_type, attempts, error)
                    VALUES ('invoices', 2, 'e2', 's2', 'T0', 1, 'no'), ('invoices', 3, 'e3', 's0', 'T1', 1, 'no');
                """);
        }

        await HoldsAsync("audit");
        await HoldsAsync("subscriptions list");
        await HoldsAsync("subscriptions parked list", "invoices");
        await HoldsAsync("subscriptions parked replay", "invoices", "--version", "2");
        await HoldsAsync("subscriptions parked drop", "invoices");
        await HoldsAsync("erase", "--stream", "s1", "--reason", "request");
        await HoldsAsync("roles");
        await HoldsAsync("stats");
        await HoldsAsync("doctor");
        await FollowsAsync("tail", "--since", "6");
        await FollowsAsync("listen");
        Directory.Delete(folder, recursive: true);

        CollectionAssert.AreEquivalent(
            CommandTree.Leaves.Select(one => one.Path).Except(Without).ToArray(), tried, "Every command is to be tried here.");

        async Task HoldsAsync(string path, params string[] arguments) => await HoldsOnAsync(path, ConnectionString, arguments);

        async Task HoldsOnAsync(string path, string connectionString, string[] arguments)
        {
            var run = await SynckitProcess.RunAsync(connectionString, [.. path.Split(' '), .. arguments, "--json"]);
            Assert.IsNotEmpty(run.Lines, $"{path} printed nothing and said: {run.Error}");
            foreach (var line in run.Lines)
            {
                Check(path, line);
            }
        }

        async Task FollowsAsync(string path, params string[] arguments)
        {
            using var follower = SynckitProcess.Start(ConnectionString, [path, .. arguments, "--json"]);
            await follower.UntilSaidAsync("all events");
            await RunAsync("append", "--stream", "s", "--type", "T", "--data", "1", "--metadata", "{}");
            Check(path, await follower.ReadLineAsync());
        }

        void Check(string path, string line)
        {
            tried.Remove(path);
            tried.Add(path);
            using var json = JsonDocument.Parse(line);
            var printed = json.RootElement.EnumerateObject().Select(member => member.Name).ToArray();
            var named = CommandTree.JsonMembers(CommandTree.Find(path))!;
            CollectionAssert.IsSubsetOf(printed, named.Select(name => name.TrimEnd('?')).ToArray(), $"{path} prints more than it tells: {line}");
            CollectionAssert.IsSubsetOf(named.Where(name => !name.EndsWith('?')).ToArray(), printed, $"{path} prints less than it tells: {line}");
        }
    }
}
