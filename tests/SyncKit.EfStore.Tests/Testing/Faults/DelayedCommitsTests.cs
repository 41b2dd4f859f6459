using Npgsql;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Testing.Faults;

/// <summary>A delayed commit holds its versions as long as it is told, the store's own appends included.</summary>
[TestClass]
public sealed class DelayedCommitsTests : IAsyncDisposable
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(300);

    private PostgresDatabase _database = null!;

    [TestInitialize]
    public async Task Create() => _database = await (await TestServer.GetAsync()).CreateDatabaseAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [TestMethod]
    public async Task An_append_of_many_events_is_delayed_once_and_no_longer_after_disposal()
    {
        await using var store = new TestStore(_database.ConnectionString);
        await store.Events.StoreAsync(Sample.Event("warm"));
        await using (await DelayedCommits.StartAsync(_database.ConnectionString, Delay))
        {
            var took = await TimeAsync(() => store.Events.StoreAsync(Sample.Events("slow", 100)));
            Assert.IsGreaterThanOrEqualTo(Delay, took);
            Assert.IsLessThan(Delay * 50, took); // a delay for each of 100 rows would be twice this
            Assert.IsGreaterThanOrEqualTo(Delay, await TimeAsync(() => store.Events.StoreAsync(Sample.Event("slow again"))));
        }

        await using var watcher = await RawSql.ConnectAsync(_database.ConnectionString);
        Assert.AreEqual(0, await watcher.ScalarAsync<long>("SELECT count(*) FROM pg_trigger WHERE tgname = 'synckit_delay_commit'"));
        Assert.AreEqual(0, await watcher.ScalarAsync<long>("SELECT count(*) FROM pg_proc WHERE proname = 'synckit_delay_commit'"));
        await store.Events.StoreAsync(Sample.Event("quick"));
    }

    [TestMethod]
    public async Task While_a_commit_is_delayed_a_later_version_is_visible_first()
    {
        await using var slow = new TestStore(
            new NpgsqlConnectionStringBuilder(_database.ConnectionString) { ApplicationName = "slow's" }.ConnectionString);
        await using var quick = new TestStore(_database.ConnectionString);
        await using var watcher = await RawSql.ConnectAsync(_database.ConnectionString);
        await using var delayed = await DelayedCommits.StartAsync(_database.ConnectionString, TimeSpan.FromSeconds(3), "slow's");

        var storing = slow.Events.StoreAsync(Sample.Event("slow"));
        while (await watcher.ScalarAsync<long>(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'slow''s' AND wait_event = 'PgSleep'") == 0)
        {
            await Task.Delay(5);
        }

        var later = await quick.Events.StoreAsync(Sample.Event("quick"));

        Assert.IsFalse(storing.IsCompleted);
        Assert.AreSequenceEqual(["quick"], await watcher.ColumnAsync<string>("SELECT aggregate_id FROM events"));
        Assert.IsLessThan(later.Version.Value, (await storing).Version.Value);
    }

    private static async Task<TimeSpan> TimeAsync(Func<Task> action)
    {
        var began = TimeProvider.System.GetTimestamp();
        await action();
        return TimeProvider.System.GetElapsedTime(began);
    }
}
