using System.Text.Json;
using SyncKit.EfStore.Tests.Sqlite;

namespace SyncKit.EfStore.Tests.Cli;

[TestClass]
public sealed class VerifyCommandTests : CliDatabase
{
    [TestMethod]
    public async Task The_exit_code_says_whether_two_logs_are_equal_and_stdout_where_they_are_not()
    {
        await ImportAsync(Lines(9));
        using var file = new SqliteFile();
        var copy = await RunAsync("copy", "--from", "postgres", "--to", file.Path);
        Assert.AreEqual(0, copy.ExitCode, copy.Error);

        var equal = await RunAsync("verify", "--from", file.Path, "--to", "postgres");
        file.Run("DELETE FROM events WHERE id = 'e4'; UPDATE events SET data = '[8.5]' WHERE id = 'e8'");
        var different = await RunAsync("verify", "--from", "postgres", "--to", file.Path);
        var json = await RunAsync("verify", "--from", "postgres", "--to", file.Path, "--json", "--first", "1");

        Assert.AreEqual((0, ""), (equal.ExitCode, equal.Output), equal.Error);
        StringAssert.StartsWith(equal.Error, "Equal: 9 events and 9 ");
        Assert.AreEqual(1, different.ExitCode);
        CollectionAssert.AreEqual(
            (string[])
            [
                "missing in the second log: event 'e4' of stream 's1', version 4",
                "changed data: event 'e8' of stream 's2', version 8",
                "stream 's1': 1 fewer in the second log",
            ],
            different.Lines);
        StringAssert.Contains(different.Error, "1 missing in the second log, 0 only there, 1 changed, 0 in another place");
        using var document = JsonDocument.Parse(json.Lines.Single());
        Assert.AreEqual(1, json.ExitCode);
        Assert.IsFalse(document.RootElement.GetProperty("equal").GetBoolean());
        Assert.AreEqual(1, document.RootElement.GetProperty("changed").GetInt32());
        Assert.AreEqual("e4", document.RootElement.GetProperty("first").EnumerateArray().Single().GetProperty("id").GetString());
    }

    [TestMethod]
    public async Task What_cannot_be_compared_is_said()
    {
        var missing = await RunAsync("verify", "--from", "/nowhere/events.db", "--to", "postgres");
        var usage = await RunAsync("verify", "--from", "events.db", "--to", "postgres", "--first", "x");

        Assert.AreEqual(1, missing.ExitCode);
        StringAssert.Contains(missing.Error, "/nowhere/events.db");
        Assert.AreEqual(2, usage.ExitCode);
    }
}
