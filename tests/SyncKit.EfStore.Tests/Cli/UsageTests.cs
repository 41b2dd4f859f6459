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
    [DataRow("completion")]
    [DataRow("completion tcsh")]
    [DataRow("subscriptions")]
    [DataRow("subscriptions parked replay")]
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
    [DataRow("export")]
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
    [DataRow("export")]
    [DataRow("read")]
    [DataRow("tail")]
    [DataRow("listen")]
    [DataRow("stats")]
    [DataRow("subscriptions list")]
    [DataRow("subscriptions pause x")]
    [DataRow("subscriptions resume x")]
    [DataRow("subscriptions rebuild x")]
    [DataRow("subscriptions parked list x")]
    [DataRow("subscriptions parked replay x")]
    [DataRow("subscriptions parked drop x")]
    [DataRow("roles --apply")]
    [DataRow("audit")]
    [DataRow("erase --stream s --reason r")]
    public async Task With_no_server_there_every_command_fails_at_once_with_one_line(string arguments)
    {
        var run = await SynckitProcess.RunAsync(Nowhere, arguments.Split(' '));

        Assert.AreEqual(1, run.ExitCode, run.Error);
        Assert.AreEqual("", run.Output);
        Assert.StartsWith("synckit: No PostgreSQL server answers for database 'none' at 127.0.0.1:1:", run.Error);
        Assert.HasCount(1, run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [TestMethod]
    [DataRow("reed", "synckit: Unrecognized command or argument 'reed'. Did you mean 'read'?", "synckit")]
    [DataRow("exprot", "synckit: Unrecognized command or argument 'exprot'. Did you mean 'export'?", "synckit")]
    [DataRow("fly", "synckit: Unrecognized command or argument 'fly'.", "synckit")]
    [DataRow("subscriptions parkd", "synckit: Unrecognized command or argument 'parkd'. Did you mean 'parked'?", "synckit subscriptions")]
    [DataRow("subscriptions parked lst", "synckit: Unrecognized command or argument 'lst'. Did you mean 'list'?", "synckit subscriptions parked")]
    [DataRow("stats --conection", "synckit: Unrecognized command or argument '--conection'. Did you mean '--connection'?", "synckit stats")]
    public async Task What_is_misspelt_is_named_with_what_was_probably_meant(string arguments, string said, string command)
    {
        var run = await SynckitProcess.RunAsync(null, arguments.Split(' '));

        Assert.AreEqual((2, ""), (run.ExitCode, run.Output));
        Assert.AreEqual($"{said}\nTry '{command} --help'.\n", run.Error);
    }

    [TestMethod]
    public async Task Verbose_adds_the_rest_to_a_failure()
    {
        var run = await SynckitProcess.RunAsync(Nowhere, "read", "--verbose");

        Assert.AreEqual(1, run.ExitCode);
        Assert.Contains("   at ", run.Error);
        Assert.Contains("\nsynckit: No PostgreSQL server answers", run.Error);
    }

    [TestMethod]
    public async Task Help_names_every_command_and_exits_with_0()
    {
        var run = await SynckitProcess.RunAsync(null, "--help");

        Assert.AreEqual(0, run.ExitCode);
        foreach (var command in CommandTree.Root.Subcommands)
        {
            Assert.Contains($"  {command.Name} ", run.Output);
        }
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
