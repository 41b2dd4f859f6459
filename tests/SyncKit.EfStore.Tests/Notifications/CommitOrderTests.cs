using Npgsql;

namespace SyncKit.EfStore.Tests.Notifications;

/// <summary>What is shown is what was committed, whenever it was committed.</summary>
[TestClass]
public sealed class CommitOrderTests
{
    [TestMethod]
    public async Task What_is_rolled_back_is_never_shown()
    {
        await using var host = await ListeningHost.StartAsync();
        await using var connection = await host.ConnectAsync();
        var all = host.ObserveAll();

        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await connection.InsertAsync("a", "rolled back");
            await transaction.RollbackAsync();
        }

        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await connection.InsertAsync("a", "kept");
            await transaction.SaveAsync("here");
            await connection.InsertAsync("a", "to the savepoint");
            await transaction.RollbackAsync("here");
            await connection.InsertAsync("a", "after it");
            await transaction.CommitAsync();
        }

        await Assert.ThrowsExactlyAsync<PostgresException>(() => connection.RunAsync(
            "INSERT INTO events (id, aggregate_id, event_type) VALUES ('fails', 'a', 't'), ('kept', 'a', 't')"));
        var marker = await host.MarkAsync(all);

        all.AssertExactly(["kept", "after it", marker]);
        await host.KillListenerAsync();
        var second = await host.MarkAsync(all);
        all.AssertExactly(["kept", "after it", marker, second]);
    }

    [TestMethod]
    [DataRow(true, 16)]
    [DataRow(false, 16)]
    [DataRow(true, 0)]
    public async Task A_lower_version_that_commits_later_is_shown_once(bool killListener, int maxStreamChannels)
    {
        await using var host = await ListeningHost.StartAsync(options => options.MaxStreamChannels = maxStreamChannels);
        await using var slow = await host.ConnectAsync();
        await using var transaction = await slow.BeginTransactionAsync();
        var early = host.ObserveStream("slow"); // there before the version is drawn
        await host.AllInPlaceAsync();
        await slow.InsertAsync("slow", "lower");
        var all = host.ObserveAll();
        var one = host.ObserveStream("slow");

        var higher = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => host.AppendAsync("fast")));
        await all.WaitForCountAsync(20);
        if (killListener)
        {
            await host.KillListenerAsync();
        }

        await transaction.CommitAsync();
        var marker = await host.MarkAsync(all);
        await one.WaitForIdAsync("lower");
        await early.WaitForIdAsync("lower");
        await all.WaitForIdAsync("lower");

        // Another replay must not repeat it.
        await host.KillListenerAsync();
        var last = await host.MarkAsync(all);
        all.AssertExactly([.. higher, "lower", marker, last]);
        one.AssertExactly(["lower"]);
        early.AssertExactly(["lower"]);
    }

    [TestMethod]
    public async Task A_version_that_was_open_when_the_host_started_is_shown_and_what_was_committed_is_not()
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        await using var slow = await RawSql.ConnectAsync(database.ConnectionString);
        await using var other = await RawSql.ConnectAsync(database.ConnectionString);
        await using var transaction = await slow.BeginTransactionAsync();
        await slow.InsertAsync("slow", "lower");
        await other.InsertAsync("old", "old");

        await using var host = await ListeningHost.StartAsync(database.ConnectionString);
        var all = host.ObserveAll();
        await host.InsertAsync("new", "new");
        await all.WaitForIdAsync("new");
        await host.KillListenerAsync();
        await transaction.CommitAsync();
        await all.WaitForIdAsync("lower");

        var marker = await host.MarkAsync(all);
        all.AssertExactly(["new", "lower", marker]);
    }

    [TestMethod]
    public async Task The_poll_finds_a_lower_version_whose_notification_never_came()
    {
        await using var host = await ListeningHost.StartAsync(options => options.PollInterval = TimeSpan.FromMilliseconds(100));
        await using var slow = await host.ConnectAsync();
        await slow.RunAsync("SET session_replication_role = replica"); // no trigger fires: nobody is told
        var all = host.ObserveAll();
        await using var transaction = await slow.BeginTransactionAsync();
        await slow.RunAsync("INSERT INTO events (id, aggregate_id, event_type, stream_version) VALUES ('lower', 'slow', 't', 1)");
        var higher = await host.MarkAsync(all);

        await transaction.CommitAsync();

        await all.WaitForIdAsync("lower");
        var marker = await host.MarkAsync(all);
        all.AssertExactly([higher, "lower", marker]);
    }

    /// <summary>What is looked up for one notification contains what the next ones tell of; those must not be held back for their payloads.</summary>
    [TestMethod]
    public async Task An_event_that_is_looked_up_with_its_successor_comes_before_it()
    {
        await using var host = await ListeningHost.StartAsync();
        await using var psql = await host.ConnectAsync();
        var all = host.ObserveAll();
        await host.AllInPlaceAsync();

        // The last of them is told of first, by its version alone, and then each of the others with everything.
        await using (var transaction = await psql.BeginTransactionAsync())
        {
            await psql.RunAsync("SET LOCAL synckit.notify = off");
            await psql.RunAsync(
                "INSERT INTO events (id, aggregate_id, event_type, stream_version) VALUES ('first', 'a', 't', 1), ('second', 'a', 't', 2), ('other', 'b', 't', 1)");
            await psql.RunAsync("SELECT pg_notify('events_global', json_build_object('version', version)::text) FROM events WHERE id = 'other'");
            await psql.RunAsync(
                """
                SELECT pg_notify('events_global', json_build_object(
                    'version', version, 'id', id, 'aggregate_id', aggregate_id, 'event_type', event_type, 'created_at', created_at,
                    'stream_version', stream_version)::text)
                FROM events WHERE aggregate_id = 'a' ORDER BY version
                """);
            await transaction.CommitAsync();
        }

        var marker = await host.MarkAsync(all);
        CollectionAssert.AreEqual(new[] { "first", "second", "other", marker }, all.Items.Select(item => item.Id).ToArray());
    }

    /// <summary>
    /// A read of several pages must be one snapshot: with one for each page, a version committed between two pages is missing from the first,
    /// while its successor in the stream is on the second, and would be shown before it.
    /// </summary>
    [TestMethod]
    public async Task A_read_of_several_pages_shows_no_successor_without_its_predecessor()
    {
        await using var host = await ListeningHost.StartAsync();
        await using var slow = await host.ConnectAsync();
        await using var transaction = await slow.BeginTransactionAsync();
        await slow.InsertAsync("slow", "first");
        await using var connection = await host.ConnectAsync();
        await connection.RunAsync(
            """
            INSERT INTO events (id, aggregate_id, event_type, stream_version)
            SELECT 'bulk-' || i, 'bulk', 'Bulk', i FROM generate_series(1, 6000) AS i
            """);
        var reader = (EfStore.Reading.HeaderReader)host.Services.GetService(typeof(EfStore.Reading.HeaderReader))!;
        var shown = new List<EventNotification>();

        await foreach (var header in reader.ReadAsync([(1, long.MaxValue)], null, CancellationToken.None))
        {
            if (shown.Count == 0)
            {
                await transaction.CommitAsync();
                await connection.InsertAsync("slow", "second");
            }

            shown.Add(header);
        }

        Assert.IsGreaterThanOrEqualTo(6_000, shown.Count);
        Assert.IsTrue(shown.All(header => header.Id != "second") || shown.Any(header => header.Id == "first"), "'second' came without 'first'.");
    }
}
