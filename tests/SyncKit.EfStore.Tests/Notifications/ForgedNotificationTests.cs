namespace SyncKit.EfStore.Tests.Notifications;

/// <summary>Anyone who can log in can send notifications. What they say is a hint, and never more.</summary>
[TestClass]
public sealed class ForgedNotificationTests
{
    [TestMethod]
    [DataRow("not JSON")]
    [DataRow("{}")]
    [DataRow("[1, 2]")]
    [DataRow("""{"version": -1}""")]
    [DataRow("""{"version": 9223372036854775807}""")]
    [DataRow("""{"version": 9223372036854775807, "stream_version": 1, "id": "e", "aggregate_id": "x", "event_type": "t", "created_at": null}""")]
    [DataRow("""{"version": 1000000, "stream_version": 1, "id": "e", "aggregate_id": "x", "event_type": "t", "created_at": null}""")]
    [DataRow("""{"version": 1000000, "stream_version": 1, "id": "\ud800", "aggregate_id": "x", "event_type": "t", "created_at": null}""")]
    [DataRow("""{"\ud800": 1, "version": 1}""")]
    [DataRow("""{"first_version": 1, "last_version": 9223372036854775807}""")]
    [DataRow("""{"version": 1, "stream_version": 1, "id": "e", "aggregate_id": "a", "event_type": "t", "created_at": null}""")]
    public async Task Real_events_are_shown_whatever_is_forged(string payload)
    {
        await using var host = await ListeningHost.StartAsync();
        await using var connection = await host.ConnectAsync();
        var one = host.ObserveStream("a");
        var all = host.ObserveAll();
        var first = await host.MarkAsync(all, "a");

        await connection.RunAsync("SELECT pg_notify('events_global', $1)", payload);
        await connection.RunAsync("SELECT pg_notify('stream_a', $1)", payload);

        var second = await host.MarkAsync(all, "a");
        await host.KillListenerAsync();
        var third = await host.MarkAsync(all, "a");
        await one.WaitForIdAsync(third);
        one.AssertExactly([first, second, third]);
        Assert.HasCount(3, all.Items.Where(item => item.AggregateId == "a"));
        await host.ObserveStates().WaitForAsync("live", state => state.Status == ListenerStatus.Live);
    }

    [TestMethod]
    public async Task Malformed_ones_are_logged_once()
    {
        await using var host = await ListeningHost.StartAsync();
        await using var connection = await host.ConnectAsync();
        var all = host.ObserveAll();

        await connection.RunAsync("SELECT pg_notify('events_global', 'garbage ' || i) FROM generate_series(1, 100) AS i");
        await host.MarkAsync(all);

        Assert.AreEqual(1, host.Log.Items.Count(line => line.StartsWith("Warning 204", StringComparison.Ordinal)));
    }
}
