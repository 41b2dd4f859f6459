using System.Text.Json;
using Npgsql;

namespace SyncKit.EfStore.Tests.Cli;

/// <summary><c>synckit roles</c>, <c>audit</c> and <c>erase</c>.</summary>
[TestClass]
public sealed class SecurityCommandTests : CliDatabase
{
    [TestMethod]
    public async Task Erase_erases_by_stream_and_by_version_and_audit_shows_it_with_the_old_rows_of_others()
    {
        await ImportAsync(Lines(6));
        await using (var owner = await RawSql.ConnectAsync(ConnectionString))
        {
            await owner.RunAsync("UPDATE events SET event_type = 'X' WHERE version = 3; DELETE FROM events WHERE version = 6");
        }

        var stream = await RunAsync("erase", "--stream", "s1", "--reason", "request 1", "--vacuum", "plain");
        var versions = await RunAsync("erase", "--version", "2", "--version", "1", "--reason", "request 2");

        Assert.AreEqual((0, "erased: 2 events; erased before: 0 events\nvacuumed\n"), (stream.ExitCode, stream.Error));
        Assert.AreEqual((0, "erased: 1 event; erased before: 1 event\n"), (versions.ExitCode, versions.Error));
        Assert.AreEqual("UPDATE 3, DELETE 6, ERASE 1, ERASE 4, ERASE 2", Shown(await RunAsync("audit")));
        Assert.AreEqual("ERASE 2", Shown(await RunAsync("audit", "--backwards", "--limit", "1")));
        Assert.AreEqual("ERASE 1, ERASE 4", Shown(await RunAsync("audit", "--stream", "s1", "--operation", "erase")));
        Assert.AreEqual("", Shown(await RunAsync("audit", "--since", "2999-01-01")));
        using var update = JsonDocument.Parse((await RunAsync("audit", "--version", "3", "--json")).Lines.Single());
        Assert.AreEqual("[3]", update.RootElement.GetProperty("old_row").GetProperty("data").GetRawText());
        Assert.AreEqual("T1", update.RootElement.GetProperty("old_row").GetProperty("event_type").GetString());
    }

    [TestMethod]
    public async Task No_control_character_of_others_reaches_a_terminal()
    {
        await ImportAsync(Lines(1));
        await using var owner = await RawSql.ConnectAsync(ConnectionString);
        await owner.RunAsync("""UPDATE events SET data = to_jsonb(E'\u009b2J\u007f'::text); UPDATE events SET metadata = data""");
        await owner.RunAsync("""
            CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE E'\x1b[2J\x1b]0;pwn\x07\u009b2J' USING ERRCODE = '22000'; END $$;
            CREATE TRIGGER shout BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION shout()
            """);
        foreach (var arguments in (string[][])
        [
            ["append", "--stream", "a", "--type", "T", "--data", "1"], ["read", "--json"], ["audit", "--json"], ["export", "-"], ["import", "no\u001b[2Jfile"],
            ["read", "--no\u001b[2J"], ["read\u009b2J"], ["roles", "--apply", "--writer", "no\u001b[2Jrole"], ["subscriptions", "pause", "no\u001b[2Jname"],
        ])
        {
            var run = await RunAsync(arguments);
            var said = run.Output + run.Error;
            Assert.IsNotEmpty(said);
            Assert.IsFalse(said.Any(c => char.IsControl(c) && c != '\n'), $"{arguments[0]}: {string.Join(' ', said.Select(c => (int)c))}");
        }
    }

    [TestMethod]
    public async Task Erasing_nothing_is_a_failure()
    {
        var run = await RunAsync("erase", "--stream", "mistyped", "--reason", "request");

        Assert.AreEqual((1, "erased: 0 events; erased before: 0 events\n"), (run.ExitCode, run.Error));
    }

    [TestMethod]
    [DataRow("erase --stream a")]
    [DataRow("erase --reason r")]
    [DataRow("erase --stream a --version 1 --reason r")]
    [DataRow("erase --version x --reason r")]
    [DataRow("erase --stream a --reason r --vacuum quick")]
    [DataRow("audit --operation insert")]
    [DataRow("audit --operation 1")]
    [DataRow("audit --limit 0")]
    [DataRow("audit --since yesterday")]
    [DataRow("roles --apply --schema public")]
    [DataRow("roles --writer public")]
    [DataRow("roles --writer same --reader same")]
    public async Task Wrong_usage_exits_with_2(string arguments)
    {
        var run = await RunAsync(arguments.Split(' '));

        Assert.AreEqual((2, ""), (run.ExitCode, run.Output), run.Error);
        Assert.StartsWith("synckit: ", run.Error);
    }

    [TestMethod]
    public async Task Roles_prints_without_a_database_and_applies_with_one()
    {
        var printed = await SynckitProcess.RunAsync(null, "roles", "--schema", "Tenant B");
        Assert.AreEqual(0, printed.ExitCode, printed.Error);
        Assert.StartsWith("BEGIN;\n", printed.Output);
        Assert.EndsWith("\nCOMMIT;\n", printed.Output);
        Assert.Contains("""GRANT SELECT, INSERT ON TABLE "Tenant B".events TO "synckit_writer";""", printed.Output);
        Assert.Contains("""GRANT EXECUTE ON FUNCTION "Tenant B".erase_events(text, bigint[], text) TO "synckit_eraser";""", printed.Output);

        var (writer, reader) = ($"test_{Guid.NewGuid():N}", $"test_{Guid.NewGuid():N}");
        var missing = await RunAsync("roles", "--writer", writer, "--apply");
        Assert.AreEqual(2, missing.ExitCode);
        Assert.Contains("must exist, or be asked to be created", missing.Error);
        var applied = await RunAsync("roles", "--writer", writer, "--reader", reader, "--create", "--apply");
        Assert.AreEqual((0, "Every role has what it needs, and no more.\n"), (applied.ExitCode, applied.Error));
        await using var owner = await RawSql.ConnectAsync(ConnectionString);
        Assert.AreEqual("t t f f", await owner.ScalarAsync<string>($"""
            SELECT concat_ws(' ', has_table_privilege('{writer}', 'events', 'INSERT'), has_table_privilege('{reader}', 'events', 'SELECT'),
                has_table_privilege('{reader}', 'events', 'INSERT'), has_table_privilege('{writer}', 'event_audit', 'SELECT'))
            """));

        // As the writer the tool does what it may, and says so where it may not.
        await owner.RunAsync($"ALTER ROLE {writer} LOGIN PASSWORD '{TestRoles.Password}'");
        var login = new NpgsqlConnectionStringBuilder(ConnectionString) { Username = writer, Password = TestRoles.Password }.ConnectionString;
        Assert.AreEqual(0, (await SynckitProcess.RunAsync(login, "append", "--stream", "s", "--type", "T", "--data", "1")).ExitCode);
        foreach (var denied in (string[])["audit", "erase --stream s --reason r", "roles --apply", "import - --atomic"])
        {
            var run = await SynckitProcess.RunAsync(
                login, """{"id":"x","aggregate_id":"a","event_type":"T"}"""u8.ToArray(), denied.Split(' '));
            Assert.AreEqual((1, ""), (run.ExitCode, run.Output), denied + run.Error);
        }

        await owner.RunAsync($"DROP OWNED BY {writer}, {reader}; DROP ROLE {writer}, {reader}");
    }

    private static string Shown(SynckitResult run)
    {
        Assert.AreEqual(0, run.ExitCode, run.Error);
        return string.Join(", ", run.Lines.Select(line =>
        {
            using var entry = JsonDocument.Parse(line);
            return $"{entry.RootElement.GetProperty("operation").GetString()} {entry.RootElement.GetProperty("first_version").GetInt64()}";
        }));
    }
}
