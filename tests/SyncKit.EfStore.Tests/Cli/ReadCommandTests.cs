using System.Text.Json;

namespace SyncKit.EfStore.Tests.Cli;

[TestClass]
public sealed class ReadCommandTests : CliDatabase
{
    [TestMethod]
    [DataRow("", "e1 e2 e3 e4 e5 e6")]
    [DataRow("--stream s1", "e1 e4")]
    [DataRow("--stream none", "")]
    [DataRow("--type T0", "e2 e4 e6")]
    [DataRow("--type T0 --type T1", "e1 e2 e3 e4 e5 e6")]
    [DataRow("--since 2 --before 5", "e3 e4")]
    [DataRow("--limit 2", "e1 e2")]
    [DataRow("--backwards --limit 2", "e6 e5")]
    [DataRow("--settled", "e1 e2 e3 e4 e5 e6")]
    [DataRow("--from 2000-01-01T00:00:00Z --until 9999-01-01T00:00:00Z", "e1 e2 e3 e4 e5 e6")]
    [DataRow("--until 2000-01-01", "")]
    public async Task Prints_what_is_asked_for(string options, string ids)
    {
        await ImportAsync(Lines(6));
        var read = await RunAsync(["read", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

        Assert.AreEqual((0, ""), (read.ExitCode, read.Error));
        Assert.AreEqual(ids, string.Join(' ', read.Lines.Select(Id)));
    }

    [TestMethod]
    public async Task A_pipe_that_is_closed_early_ends_it_quietly()
    {
        await ImportAsync(Lines(20_000));
        using var read = SynckitProcess.Start(ConnectionString, "read");
        Assert.AreEqual("e1", Id(await read.ReadLineAsync()));
        read.CloseOutput();
        var end = await read.EndAsync();

        Assert.AreEqual((0, ""), (end.ExitCode, end.Error));
    }

    [TestMethod]
    public async Task What_read_prints_import_takes()
    {
        await ImportAsync("""{"id":"1","aggregate_id":"ä🎉","event_type":"T","data":{"b":1e2,"a":"\u00fc"},"metadata":null,"created_at":"2006-02-14T13:29:13.123456+02:00"}""");
        var read = await RunAsync("read");

        await using var other = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        var import = await SynckitProcess.RunAsync(other.ConnectionString, System.Text.Encoding.UTF8.GetBytes(read.Output), ["import", "-"]);
        var again = await SynckitProcess.RunAsync(other.ConnectionString, "read");

        Assert.AreEqual(0, import.ExitCode, import.Error);
        Assert.AreEqual(read.Output, again.Output);
        Assert.EndsWith(""","data":{"a": "ü", "b": 100},"metadata":null,"created_at":"2006-02-14T11:29:13.123456+00:00"}""" + "\n", again.Output);
    }

    private static string Id(string line)
    {
        using var json = JsonDocument.Parse(line);
        return json.RootElement.GetProperty("id").GetString()!;
    }
}
