using Npgsql;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Testing.Faults;

/// <summary>A held transaction really has its version, really is open, and ends as it is told.</summary>
[TestClass]
public sealed class HeldTransactionTests : IAsyncDisposable
{
    private PostgresDatabase _database = null!;
    private TestStore _store = null!;
    private NpgsqlConnection _watcher = null!;

    [TestInitialize]
    public async Task Open()
    {
        _database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        _store = new TestStore(_database.ConnectionString);
        _watcher = await RawSql.ConnectAsync(_database.ConnectionString);
    }

    public async ValueTask DisposeAsync()
    {
        await _watcher.DisposeAsync();
        await _store.DisposeAsync();
        await _database.DisposeAsync();
    }

    [TestMethod]
    [DataRow(VersionDraw.WithInsert)]
    [DataRow(VersionDraw.BeforeInsert)]
    public async Task A_later_version_is_visible_first_and_the_held_one_after_its_commit(VersionDraw draw)
    {
        await using var held = await HeldTransaction.BeginAsync(_database.ConnectionString, new HeldTransactionOptions { Draw = draw });
        var later = await _store.Events.StoreAsync(Sample.Event("later"));

        Assert.IsGreaterThan(held.Version, later.Version.Value);
        Assert.AreSequenceEqual([later.Version.Value], await VersionsAsync());

        await held.CommitAsync();

        Assert.AreSequenceEqual([held.Version, later.Version.Value], await VersionsAsync());
        var stored = Assert.ContainsSingle(await _store.StreamAsync(held.AggregateId));
        Assert.AreEqual((held.EventId, "Held", 1L), (stored.Id, stored.EventType, stored.StreamVersion));
    }

    [TestMethod]
    public async Task A_held_version_delays_readers_up_to_the_settled_mark_until_it_is_committed()
    {
        await using var held = await HeldTransaction.BeginAsync(_database.ConnectionString);
        await _store.Events.StoreAsync(Sample.Event("later"));
        var load = _store.Events.LoadAsync(EventVersion.Zero).Select(e => e.AggregateId).ToListAsync().AsTask();

        await held.CommitAsync();

        Assert.AreSequenceEqual([held.AggregateId, "later"], await load);
    }

    [TestMethod]
    public async Task A_version_only_drawn_stays_a_gap_though_its_transaction_commits()
    {
        await using var held = await HeldTransaction.BeginAsync(
            _database.ConnectionString, new HeldTransactionOptions { Draw = VersionDraw.DrawOnly });
        var later = await _store.Events.StoreAsync(Sample.Event("later"));

        await held.CommitAsync();

        Assert.IsGreaterThan(held.Version, later.Version.Value);
        Assert.AreSequenceEqual([later.Version.Value], await VersionsAsync());
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task What_is_rolled_back_or_disposed_never_appears_and_its_session_holds_no_lock(bool says)
    {
        var held = await HeldTransaction.BeginAsync(_database.ConnectionString);
        Assert.AreEqual(1, await HoldersAsync(held.ProcessId));
        if (says)
        {
            await held.RollbackAsync();
        }
        else
        {
            await held.DisposeAsync();
        }

        Assert.AreEqual(0, await HoldersAsync(held.ProcessId));
        Assert.IsEmpty(await VersionsAsync());
        await held.DisposeAsync();
    }

    [TestMethod]
    public async Task It_is_known_by_its_name_and_writes_to_the_stream_it_is_told()
    {
        await using var held = await HeldTransaction.BeginAsync(
            _database.ConnectionString,
            new HeldTransactionOptions { AggregateId = "order", EventType = "Placed", ApplicationName = "slow importer" });

        Assert.AreEqual(
            "slow importer",
            await _watcher.ScalarAsync<string>("SELECT application_name FROM pg_stat_activity WHERE pid = $1", held.ProcessId));
        await held.CommitAsync();
        Assert.AreEqual("Placed", Assert.ContainsSingle(await _store.StreamAsync("order")).EventType);
    }

    [TestMethod]
    public async Task A_commit_waits_for_its_signal_and_for_its_delay()
    {
        var signal = new TaskCompletionSource();
        await using var first = await HeldTransaction.BeginAsync(_database.ConnectionString);
        await using var second = await HeldTransaction.BeginAsync(_database.ConnectionString);
        var committing = first.CommitWhenAsync(signal.Task);
        var began = TimeProvider.System.GetTimestamp();
        await second.CommitAfterAsync(TimeSpan.FromMilliseconds(50));

        Assert.IsGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(40), TimeProvider.System.GetElapsedTime(began));
        Assert.AreSequenceEqual([second.Version], await VersionsAsync());
        signal.SetResult();
        await committing;
        Assert.AreSequenceEqual([first.Version, second.Version], await VersionsAsync());
    }

    [TestMethod]
    public async Task A_killed_one_says_so_at_its_commit_and_is_disposed_in_silence()
    {
        await using var killed = await HeldTransaction.BeginAsync(_database.ConnectionString);
        await using var alsoKilled = await HeldTransaction.BeginAsync(_database.ConnectionString);
        var killer = new BackendKiller(_database.ConnectionString);
        Assert.IsTrue(await killer.KillAsync(killed.ProcessId));
        Assert.IsTrue(await killer.KillAsync(alsoKilled.ProcessId));

        await Assert.ThrowsAsync<NpgsqlException>(() => killed.CommitAsync());
        await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => killed.CommitAsync());
        Assert.IsEmpty(await VersionsAsync());
    }

    private Task<List<long>> VersionsAsync() => _watcher.ColumnAsync<long>("SELECT version FROM events ORDER BY version");

    private Task<long> HoldersAsync(int pid) => _watcher.ScalarAsync<long>(
        "SELECT count(*) FROM pg_locks WHERE pid = $1 AND relation = 'events_version_seq'::regclass AND mode = 'RowExclusiveLock'", pid);
}
