using Npgsql;
using SyncKit.EfStore.Ordering;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Ordering;

/// <summary>The server stops while appends are open. A server of its own, because these tests stop it.</summary>
[TestClass]
public sealed class MarkRestartTests
{
    private static readonly TimeSpan AtMost = TimeSpan.FromSeconds(60);

    private static PostgresServer _server = null!;

    [ClassInitialize]
    public static async Task StartServerAsync(TestContext context) =>
        _server = await PostgresServer.StartAsync(
            new PostgresServerOptions
            {
                Sources = [PostgresSource.LocalPrograms],
                Settings = new Dictionary<string, string> { ["max_prepared_transactions"] = "5", ["wal_writer_delay"] = "10s", ["autovacuum"] = "off" },
            },
            context.CancellationToken);

    [ClassCleanup]
    public static async Task RemoveServerAsync() => await _server.DisposeAsync();

    [TestMethod]
    [DataRow(ServerShutdown.Fast)]
    [DataRow(ServerShutdown.Immediate)]
    public async Task An_append_that_the_restart_ended_is_no_longer_waited_for(ServerShutdown mode)
    {
        await using var database = await _server.CreateDatabaseAsync();
        await using var store = new SettledStore(database.ConnectionString);
        await using var holder = await RawSql.ConnectAsync(database.ConnectionString);
        await store.Events.StoreAsync(Sample.Event("a")); // 1
        await store.Mark.AdvanceAsync(default);
        await HoldAsync(holder); // 2
        await store.Events.StoreAsync(Sample.Event("b")); // 3
        var held = store.PublicMark.WaitUntilSettledAsync(new EventVersion(3));
        await store.HolderAsync().WaitAsync(AtMost);

        await _server.StopAsync(mode);
        var told = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(() => held.WaitAsync(AtMost));
        await _server.StartAgainAsync();

        Assert.IsTrue(told.Reason is UnavailableReason.ConnectionLost or UnavailableReason.ServerUnreachable, $"{told.Reason}");
        Assert.IsNull(store.PublicMark.Holder);
        await EventuallyAsync(() => store.PublicMark.WaitUntilSettledAsync(new EventVersion(3)));
        Assert.AreEqual("a b", await store.IdsAsync(EventVersion.Zero));
    }

    [TestMethod]
    public async Task A_prepared_append_is_named_and_waited_for_through_a_crash_which_changes_its_name()
    {
        await using var database = await _server.CreateDatabaseAsync();
        await using var store = new SettledStore(database.ConnectionString);
        await store.Events.StoreAsync(Sample.Event("a")); // 1
        await store.Mark.AdvanceAsync(default);
        await using (var holder = await RawSql.ConnectAsync(database.ConnectionString))
        {
            // Whoever notifies cannot prepare; this one does not.
            await holder.RunAsync("SET synckit.notify = 'off'");
            await HoldAsync(holder); // 2
            await holder.RunAsync("PREPARE TRANSACTION 'in doubt'");
        }

        await store.Events.StoreAsync(Sample.Event("b")); // 3
        var held = store.PublicMark.WaitUntilSettledAsync(new EventVersion(3));
        var named = await store.HolderAsync().WaitAsync(AtMost);
        Assert.AreEqual((null, null, "in doubt"), (named.ProcessId, named.ApplicationName, named.PreparedTransaction));
        Assert.AreEqual("prepared transaction 'in doubt'", named.ToString());

        await _server.StopAsync(ServerShutdown.Immediate);
        await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(() => held.WaitAsync(AtMost));
        await _server.StartAgainAsync();
        await EventuallyAsync(() => store.Events.StoreAsync(Sample.Event("c")));
        await EventuallyAsync(async () => Assert.AreEqual("", await store.IdsAsync(new EventVersion(1))));
        var waits = store.PublicMark.WaitUntilSettledAsync(new EventVersion(3));
        var again = await store.HolderAsync().WaitAsync(AtMost);
        Assert.AreEqual("in doubt", again.PreparedTransaction);
        Assert.AreNotEqual(named.VirtualTransaction, again.VirtualTransaction);

        await using var connection = await RawSql.ConnectAsync(database.ConnectionString);
        await connection.RunAsync("COMMIT PREPARED 'in doubt'");
        await waits.WaitAsync(AtMost);
        Assert.AreEqual("held b c", await store.IdsAsync(new EventVersion(1)));
    }

    [TestMethod]
    public async Task Commits_that_a_crash_lost_take_the_mark_back_and_are_named_by_the_position_kept()
    {
        await using var database = await _server.CreateDatabaseAsync();
        await using var store = new SettledStore(database.ConnectionString);
        LogPosition kept;
        await using (var connection = await RawSql.ConnectAsync(database.ConnectionString))
        {
            await store.Events.StoreAsync(Sample.Event("a"));
            var last = await store.Events.StoreAsync(Sample.Event("b"));
            await connection.RunAsync("CHECKPOINT; SET synchronous_commit = off");
            await connection.RunAsync("INSERT INTO events (id, aggregate_id, event_type, stream_version) VALUES ('lost', 'lost', 'T', 1)");
            var mark = await store.Mark.AdvanceAsync(default);
            Assert.AreEqual(last.Version.Value + 1, mark);
            kept = await LogPositionCheck.ReadAsync(connection, mark, default);
            Assert.AreEqual("lost", kept.EventId);
        }

        await _server.StopAsync(ServerShutdown.Immediate);
        await _server.StartAgainAsync();

        await EventuallyAsync(async () => Assert.AreEqual("a b", await store.IdsAsync(EventVersion.Zero)));
        Assert.AreEqual(2, store.PublicMark.Version.Value);
        await using var after = await RawSql.ConnectAsync(database.ConnectionString);
        var error = await Assert.ThrowsExactlyAsync<LogRewoundException>(() => LogPositionCheck.VerifyAsync(after, kept, default));
        Assert.AreEqual((2L, null), (error.Latest.Value, error.Actual.EventId));
    }

    private static Task<int> HoldAsync(NpgsqlConnection connection) => connection.RunAsync(
        "BEGIN; INSERT INTO events (id, aggregate_id, event_type, stream_version) VALUES ('held', 'held', 'T', 1)");

    /// <summary>As a client does after a restart: pooled connections that broke say so once each.</summary>
    private static async Task EventuallyAsync(Func<Task> action)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await action().WaitAsync(AtMost);
                return;
            }
            catch (EventStoreUnavailableException) when (attempt < 20)
            {
            }
        }
    }
}
