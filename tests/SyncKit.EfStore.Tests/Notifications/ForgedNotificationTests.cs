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
    [DataRow("""{"version": 1e300}""")]
    [DataRow("""{"version": "1"}""")]
    [DataRow("""{"version": 9223372036854775807}""")]
    [DataRow("""{"version": 9223372036854775807, "stream_version": 1, "id": "e", "aggregate_id": "x", "event_type": "t", "created_at": null}""")]
    [DataRow("""{"version": 1000000, "stream_version": 1, "id": "e", "aggregate_id": "x", "event_type": "t", "created_at": null}""")]
    [DataRow("""{"version": 1000000, "stream_version": 1, "id": "\ud800", "aggregate_id": "x", "event_type": "t", "created_at": null}""")]
    [DataRow("""{"version": 5, "stream_version": true, "id": 7, "aggregate_id": ["x"], "event_type": null, "created_at": 1}""")]
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
        await connection.RunAsync("SELECT pg_notify('a channel of others', $1)", payload);

        var second = await host.MarkAsync(all, "a");
        await host.KillListenerAsync();
        var third = await host.MarkAsync(all, "a");
        await one.WaitForIdAsync(third);
        one.AssertExactly([first, second, third]);
        all.AssertExactly([first, second, third]);
        await host.ObserveStates().WaitForAsync("live", state => state.Status == ListenerStatus.Live);
    }

    [TestMethod]
    public async Task Malformed_ones_are_logged_once_and_counted()
    {
        await using var host = await ListeningHost.StartAsync();
        using var meter = new NotificationMeter(host);
        await using var connection = await host.ConnectAsync();
        var all = host.ObserveAll();
        await host.AllInPlaceAsync();

        await connection.RunAsync("SELECT pg_notify('events_global', 'garbage ' || i) FROM generate_series(1, 100) AS i");
        await host.MarkAsync(all);

        Assert.AreEqual(1, host.Log.Items.Count(line => line.StartsWith("Warning 204", StringComparison.Ordinal)));
        Assert.AreEqual(100, meter.Malformed);
        Assert.AreEqual(0, meter.Forged);
    }

    [TestMethod]
    [DataRow(true, true, DisplayName = "the event is told of, on a channel for all")]
    [DataRow(true, false, DisplayName = "the event is told of, on a channel for its stream")]
    [DataRow(false, true, DisplayName = "the event is found by a replay, on a channel for all")]
    [DataRow(false, false, DisplayName = "the event is found by a replay, on a channel for its stream")]
    public async Task A_forged_event_does_not_hide_the_one_that_gets_its_version(bool told, bool channelForAll)
    {
        await using var host = await ListeningHost.StartAsync();
        using var meter = new NotificationMeter(host);
        await using var connection = await host.ConnectAsync();
        var seen = channelForAll ? host.ObserveAll() : host.ObserveStream("a");
        await host.AllInPlaceAsync();
        var first = await host.MarkAsync(seen, "a");

        await connection.ForgeNextAsync("forged");
        await seen.WaitForIdAsync("forged"); // a hint that is wrong; the versions are the next ones
        if (!told)
        {
            await connection.RunAsync("SET synckit.notify = off");
        }

        await connection.InsertAsync("a", "real");
        if (!told)
        {
            await host.KillListenerAsync();
        }

        await seen.WaitForIdAsync("real");
        await connection.RunAsync("SET synckit.notify = on");
        var next = await connection.InsertAsync("a");
        await seen.WaitForIdAsync(next);
        await host.KillListenerAsync();
        var last = await host.MarkAsync(seen, "a");

        CollectionAssert.AreEqual(new[] { first, "forged", "real", next, last }, seen.Items.Select(item => item.Id).ToArray());
        Assert.AreEqual(1, meter.Forged);
        Assert.AreEqual(1, host.Log.Items.Count(line => line.StartsWith("Warning 212", StringComparison.Ordinal)));
    }

    [TestMethod]
    public async Task A_forged_event_that_the_log_never_gets_is_counted_by_the_poll()
    {
        await using var host = await ListeningHost.StartAsync(options => options.PollInterval = TimeSpan.FromMilliseconds(100));
        using var meter = new NotificationMeter(host);
        await using var connection = await host.ConnectAsync();
        var all = host.ObserveAll();
        await host.AllInPlaceAsync();

        await connection.ForgeNextAsync("forged");

        await host.Log.WaitForAsync("a word about it", line => line.StartsWith("Warning 212", StringComparison.Ordinal));
        Assert.AreEqual(1, meter.Forged);
        Assert.AreEqual((0, 0), host.Hub.Remembered);
    }

    [TestMethod]
    public async Task An_event_of_another_content_is_looked_up_and_counted_once()
    {
        await using var host = await ListeningHost.StartAsync();
        using var meter = new NotificationMeter(host);
        await using var connection = await host.ConnectAsync();
        var all = host.ObserveAll();
        await host.AllInPlaceAsync();
        var real = await connection.InsertAsync("a");
        await all.WaitForIdAsync(real);

        await connection.RunAsync(
            """
            SELECT pg_notify('events_global', json_build_object(
                'version', version, 'id', 'forged', 'aggregate_id', 'a', 'event_type', 't', 'created_at', NULL, 'stream_version', 1)::text)
            FROM events
            """);

        var next = await connection.InsertAsync("a");
        await all.WaitForIdAsync(next);
        all.AssertExactly([real, next]);
        Assert.AreEqual(1, meter.Forged);
    }

    [TestMethod]
    public async Task A_hundred_thousand_of_them_leave_nothing_behind()
    {
        await using var host = await ListeningHost.StartAsync();
        using var meter = new NotificationMeter(host);
        await using var connection = await host.ConnectAsync();
        var one = host.ObserveStream("a");
        var all = host.ObserveAll();
        await host.AllInPlaceAsync();
        var first = await host.MarkAsync(all, "a");
        var next = await NextVersionAsync(connection);

        // In portions that fit into the inbox, so that each is looked at: plausible, far above the log, and no event at all.
        for (var portion = 0; portion < 10; portion++)
        {
            await connection.RunAsync(
                """
                SELECT pg_notify('events_global', CASE i % 3
                    WHEN 0 THEN 'garbage ' || i
                    WHEN 1 THEN '{"version": ' || $1 * i || '}'
                    ELSE json_build_object('version', CASE i % 2 WHEN 0 THEN $2 + i ELSE $1 * i END, 'id', i::text, 'aggregate_id', 'x',
                        'event_type', 't', 'created_at', NULL, 'stream_version', 1)::text
                    END)
                FROM generate_series($3 + 1, $3 + 10000) AS i
                """,
                1_000_000L,
                next,
                portion * 10_000);
            await connection.RunAsync("SELECT pg_notify('events_global', 'the last of them')");
            await meter.MalformedAsync(((portion + 1) * 10_000 / 3) + portion + 1);
            await host.MarkAsync(one, "a");
        }

        await host.KillListenerAsync();
        await host.MarkAsync(all, "a");
        Assert.IsLessThan(10, host.Hub.Remembered.Runs);
        Assert.IsLessThan(10, host.Hub.Remembered.Unconfirmed);
        Assert.AreEqual(33_333 + 10, meter.Malformed);
        Assert.IsGreaterThan(20_000, meter.Forged); // of 33,333, but what is told after a forgery proved wrong is only looked up once
        await using var reading = await host.ConnectAsync();
        one.AssertExactly(await reading.ColumnAsync<string>("SELECT id FROM events WHERE aggregate_id = 'a'"));
        Assert.Contains(first, one.Items.Select(item => item.Id));
    }

    private static async Task<long> NextVersionAsync(Npgsql.NpgsqlConnection connection) =>
        await connection.ScalarAsync<long>("SELECT last_value + 1 FROM events_version_seq");
}
