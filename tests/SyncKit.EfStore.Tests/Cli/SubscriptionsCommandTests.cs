using System.Text.Json;
using SyncKit.EfStore.Tests.Subscriptions.Named;

namespace SyncKit.EfStore.Tests.Cli;

[TestClass]
public sealed class SubscriptionsCommandTests : CliDatabase
{
    [TestMethod]
    public async Task A_subscription_is_listed_paused_resumed_rebuilt_and_its_parked_events_replayed_and_dropped()
    {
        await ImportAsync(Lines(9));
        var inbox = new Inbox();
        var broken = true;
        inbox.Fail(() => broken, 2, 3);
        await using var host = await SubscribingHost.StartAsync(ConnectionString, inbox, options =>
        {
            options.Retries = 0;
            options.OnFailure = FailurePolicy.Park;
        });
        await host.WaitUntilProcessedAsync(new EventVersion(9));

        using (var listed = JsonDocument.Parse((await DoneAsync("list")).Lines.Single()))
        {
            var row = listed.RootElement;
            Assert.AreEqual("projection", row.GetProperty("name").GetString());
            Assert.AreEqual("live", row.GetProperty("status").GetString());
            Assert.AreEqual((9L, 6L), (row.GetProperty("checkpoint").GetInt64(), row.GetProperty("parked").GetInt64()));
        }

        Assert.HasCount(6, (await DoneAsync("parked", "list", "projection")).Lines);
        Assert.Contains("drop: 1 event", (await DoneAsync("parked", "drop", "projection", "--version", "2")).Error);
        broken = false;
        Assert.Contains("replay: 3 events", (await DoneAsync("parked", "replay", "projection", "--version", "3")).Error);
        await inbox.WaitForAsync(6);

        await DoneAsync("pause", "projection");
        await host.WaitForAsync(SubscriptionStatus.Paused);
        await DoneAsync("resume", "projection");
        await host.WaitForAsync(SubscriptionStatus.Live);
        await DoneAsync("rebuild", "projection", "--from", "8");
        await inbox.Handled.WaitUntilAsync("version 9 again", items => items.Count(stored => stored.Version.Value == 9) == 2);
    }

    [TestMethod]
    public async Task A_name_that_nobody_ran_fails_with_one_line()
    {
        var run = await RunAsync("subscriptions", "pause", "none");

        Assert.AreEqual((1, ""), (run.ExitCode, run.Output));
        Assert.StartsWith("synckit: There is no subscription 'none' in this log.", run.Error);
    }

    private async Task<SynckitResult> DoneAsync(params string[] arguments)
    {
        var run = await RunAsync(["subscriptions", .. arguments]);
        Assert.AreEqual(0, run.ExitCode, run.Error);
        return run;
    }
}
