namespace SyncKit.EfStore.Tests.Cli;

[TestClass]
public sealed class UsageTests
{
    private const string Nowhere = "Host=127.0.0.1;Port=1;Database=none";

    [TestMethod]
    [DataRow("")]
    [DataRow("fly")]
    [DataRow("append --stream s")]
    [DataRow("append --stream s --type t --expected sometimes")]
    [DataRow("append --stream s --type t --data {")]
    [DataRow("read --limit none")]
    [DataRow("read --limit 0")]
    [DataRow("read --since -1")]
    [DataRow("read --from yesterday")]
    [DataRow("read --connection Bogus=1")]
    [DataRow("import")]
    [DataRow("import /no/such/file")]
    [DataRow("import - --on-conflict sometimes")]
    public async Task Wrong_usage_is_told_on_stderr_and_exits_with_2(string arguments)
    {
        var run = await SynckitProcess.RunAsync(Nowhere, arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.AreEqual(2, run.ExitCode, run.Error);
        Assert.AreEqual("", run.Output);
        Assert.StartsWith("synckit: ", run.Error);
        Assert.DoesNotContain("   at ", run.Error);
    }

    [TestMethod]
    [DataRow("migrate")]
    [DataRow("append --stream s --type t")]
    [DataRow("read")]
    [DataRow("tail")]
    [DataRow("listen")]
    [DataRow("doctor")]
    [DataRow("stats")]
    public async Task Without_a_connection_string_it_says_how_to_give_one(string arguments)
    {
        var run = await SynckitProcess.RunAsync(null, arguments.Split(' '));

        Assert.AreEqual(2, run.ExitCode);
        Assert.AreEqual(
            "synckit: There is no connection string. Give --connection \"Host=…;Database=…\", or set ConnectionStrings__EventStore.\n",
            run.Error);
    }

    [TestMethod]
    [DataRow("migrate")]
    [DataRow("append --stream s --type t")]
    [DataRow("import -")]
    [DataRow("read")]
    [DataRow("tail")]
    [DataRow("listen")]
    [DataRow("stats")]
    public async Task With_no_server_there_every_command_fails_at_once_with_one_line(string arguments)
    {
        var run = await SynckitProcess.RunAsync(Nowhere, arguments.Split(' '));

        Assert.AreEqual(1, run.ExitCode, run.Error);
        Assert.AreEqual("", run.Output);
        Assert.StartsWith("synckit: No PostgreSQL server answers for database 'none' at 127.0.0.1:1:", run.Error);
        Assert.HasCount(1, run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [TestMethod]
    public async Task Help_names_every_command_and_exits_with_0()
    {
        var run = await SynckitProcess.RunAsync(null, "--help");

        Assert.AreEqual(0, run.ExitCode);
        foreach (var command in new[] { "migrate", "append", "import", "read", "tail", "listen", "doctor", "stats", "demo" })
        {
            Assert.Contains($"  {command} ", run.Output);
        }
    }

    [TestMethod]
    public async Task The_help_of_a_command_shows_examples()
    {
        var run = await SynckitProcess.RunAsync(null, "append", "--help");

        Assert.AreEqual(0, run.ExitCode);
        Assert.Contains("Examples:\n  synckit append --stream order-17", run.Output);
    }

    [TestMethod]
    public async Task A_database_without_the_event_log_is_named_with_the_way_out()
    {
        await using var database = await (await TestServer.GetAsync()).CreateEmptyDatabaseAsync();

        var read = await SynckitProcess.RunAsync(database.ConnectionString, "read");
        var tail = await SynckitProcess.RunAsync(database.ConnectionString, "tail");

        Assert.AreEqual(1, read.ExitCode);
        Assert.Contains("has no event log. Provision it with 'synckit migrate'", read.Error);
        Assert.AreEqual((read.ExitCode, read.Error), (tail.ExitCode, tail.Error));
    }

    [TestMethod]
    public async Task Migrate_provisions_once_and_then_has_nothing_to_do()
    {
        await using var database = await (await TestServer.GetAsync()).CreateEmptyDatabaseAsync();

        var first = await SynckitProcess.RunAsync(database.ConnectionString, "migrate");
        var second = await SynckitProcess.RunAsync(database.ConnectionString, "migrate");

        Assert.AreEqual(0, first.ExitCode, first.Error);
        Assert.Contains("applied ", first.Error);
        Assert.AreEqual((0, "The event log is up to date.\n"), (second.ExitCode, second.Error));
    }
}
