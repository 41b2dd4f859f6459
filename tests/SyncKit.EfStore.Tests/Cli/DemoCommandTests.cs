namespace SyncKit.EfStore.Tests.Cli;

[TestClass]
public sealed class DemoCommandTests
{
    [TestMethod]
    public async Task Tells_the_whole_story_in_plain_text()
    {
        var server = await TestServer.GetAsync();
        var demo = await SynckitProcess.RunAsync(server.ConnectionString, "demo");

        Assert.AreEqual((0, ""), (demo.ExitCode, demo.Error));
        Assert.DoesNotContain("\u001B", demo.Output);
        Assert.Contains("version  29 ", demo.Output);
        Assert.Contains("refused: Stream 'src/NpgsqlTypes/NpgsqlDbType.cs' is at stream version 2", demo.Output);
        Assert.Contains("29 events in 24 streams", demo.Output);
        Assert.Contains("What next:", demo.Output);
    }

    [TestMethod]
    public async Task Ends_at_once_when_interrupted()
    {
        var server = await TestServer.GetAsync();
        using var demo = SynckitProcess.Start(server.ConnectionString, "demo");
        while (!(await demo.ReadLineAsync()).Contains("version   1 ", StringComparison.Ordinal))
        {
        }

        demo.Interrupt();
        var end = await demo.EndAsync();

        Assert.AreEqual((0, "synckit: Stopped. Nothing of the demo is left.\n"), (end.ExitCode, end.Error));
        Assert.DoesNotContain("What next:", end.Output);
    }
}
