using System.Text.Json;

namespace SyncKit.EfStore.Tests.Cli;

[TestClass]
public sealed class AppendCommandTests : CliDatabase
{
    [TestMethod]
    public async Task Prints_the_place_of_the_event_and_read_gives_it_back()
    {
        var append = await RunAsync("append", "--stream", "bücher 🎉", "--type", "T", "--data", """{"a": "ä🎉"}""", "--metadata", "null", "--id", "x\"1");
        var read = await RunAsync("read");

        Assert.AreEqual((0, ""), (append.ExitCode, append.Error));
        Assert.AreEqual("""{"version":1,"stream_version":1,"id":"x\"1","aggregate_id":"bücher 🎉"}""" + "\n", append.Output);
        Assert.StartsWith(
            """{"version":1,"stream_version":1,"id":"x\"1","aggregate_id":"bücher 🎉","event_type":"T","data":{"a": "ä🎉"},"metadata":null,"created_at":""" + "\"",
            read.Output);
    }

    [TestMethod]
    public async Task Takes_data_from_stdin_and_leaves_out_what_is_not_given()
    {
        var append = await SynckitProcess.RunAsync(ConnectionString, "[1, 2]"u8.ToArray(), ["append", "--stream", "s", "--type", "T", "--data", "-"]);
        var read = await RunAsync("read");

        Assert.AreEqual(0, append.ExitCode, append.Error);
        using var stored = JsonDocument.Parse(read.Output);
        Assert.AreEqual("[1, 2]", stored.RootElement.GetProperty("data").GetRawText());
        Assert.IsFalse(stored.RootElement.TryGetProperty("metadata", out _));
    }

    [TestMethod]
    public async Task The_same_id_and_content_again_prints_the_first_place()
    {
        string[] append = ["append", "--stream", "s", "--type", "T", "--id", "x"];
        var first = await RunAsync(append);
        var second = await RunAsync(append);

        Assert.AreEqual((0, first.Output), (second.ExitCode, second.Output));
        Assert.AreEqual("It was stored before; nothing was added.\n", second.Error);
    }

    [TestMethod]
    public async Task A_stream_that_is_elsewhere_refuses_and_exits_with_1()
    {
        await RunAsync("append", "--stream", "s", "--type", "T", "--expected", "no-stream");
        var refused = await RunAsync("append", "--stream", "s", "--type", "T", "--expected", "2");

        Assert.AreEqual((1, ""), (refused.ExitCode, refused.Output));
        Assert.AreEqual(
            "synckit: Stream 's' is at stream version 1, but the append expected stream version 2. Read the stream and decide again.\n",
            refused.Error);
    }
}
