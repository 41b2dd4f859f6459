using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Appending;

/// <summary>However an append ends, it happened whole or not at all, and its repetition finds out which.</summary>
[TestClass]
public sealed class AppendInterruptionTests
{
    private static PostgresDatabase _database = null!;

    [ClassInitialize]
    public static async Task Open(TestContext context) =>
        _database = await (await TestServer.GetAsync()).CreateDatabaseAsync(context.CancellationToken);

    [ClassCleanup]
    public static async Task Close() => await _database.DisposeAsync();

    [TestMethod]
    public async Task An_append_cancelled_while_it_waits_gives_its_connection_back()
    {
        await using var store = new TestStore(_database.ConnectionString, options => options.MaxPoolSize = 1);
        await using var holder = await RawSql.ConnectAsync(_database.ConnectionString);
        await using var watcher = await RawSql.ConnectAsync(_database.ConnectionString);
        var stream = Sample.Stream();
        await LockAsync(holder, stream);
        using var cancellation = new CancellationTokenSource();
        var append = Task.Run(() => store.Events.StoreAsync(Sample.Event(stream), cancellation.Token));
        await watcher.SomeoneWaitsAsync();

        await cancellation.CancelAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(() => append);
        await holder.RunAsync("ROLLBACK");
        Assert.AreEqual(1, (await store.Events.StoreAsync(Sample.Event(stream))).StreamVersion);
    }

    [TestMethod]
    public async Task An_append_that_runs_out_of_time_says_so_and_the_next_call_works()
    {
        await using var store = new TestStore(_database.ConnectionString, options => options.CommandTimeout = TimeSpan.FromSeconds(1));
        await using var holder = await RawSql.ConnectAsync(_database.ConnectionString);
        var stream = Sample.Stream();
        var given = Sample.Events(stream, 3);
        await store.Events.StoreAsync(Sample.Event(Sample.Stream()));
        await LockAsync(holder, stream);

        var lost = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(() => store.Events.StoreAsync(given));

        Assert.AreEqual(UnavailableReason.ConnectionLost, lost.Reason);
        Assert.Contains("did not answer in time", lost.Message);
        Assert.Contains("same event ids", lost.Message);
        Assert.AreEqual(1, (await store.Events.StoreAsync(Sample.Event(Sample.Stream()))).StreamVersion);
        await holder.RunAsync("ROLLBACK");
        Assert.Contains((await store.StreamAsync(stream)).Count, (int[])[0, 3]);
        await store.Events.StoreAsync(given);
        Assert.HasCount(3, await store.StreamAsync(stream));
    }

    [TestMethod]
    public async Task An_append_whose_backend_is_terminated_while_it_waits_is_stored_once_it_can_be()
    {
        await using var store = new TestStore(_database.ConnectionString);
        await using var holder = await RawSql.ConnectAsync(_database.ConnectionString);
        await using var watcher = await RawSql.ConnectAsync(_database.ConnectionString);
        var stream = Sample.Stream();
        var given = Sample.Events(stream, 3);
        await LockAsync(holder, stream);
        var append = Task.Run(() => store.Events.StoreAsync(given));
        await watcher.SomeoneWaitsAsync();

        await watcher.RunAsync("""
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
            """);

        await holder.RunAsync("ROLLBACK");
        Assert.IsFalse((await append).AlreadyStored);
        Assert.IsTrue((await store.Events.StoreAsync(given)).AlreadyStored);
        Assert.HasCount(3, await store.StreamAsync(stream));
    }

    /// <summary>Takes the lock that everybody who appends to the stream takes first.</summary>
    private static async Task LockAsync(Npgsql.NpgsqlConnection connection, string stream)
    {
        await connection.RunAsync("BEGIN");
        await connection.RunAsync("SELECT pg_advisory_xact_lock(hashtextextended($1, 'events'::regclass::oid::bigint))", stream);
    }
}
