using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace SyncKit.EfStore.Tests.Appending.DbContexts;

/// <summary>A save keeps the plans of the log's triggers on the application's connections, and leaves all else to the driver's reset.</summary>
[TestClass]
public sealed class TriggerPlansTests
{
    private static Shop _shop = null!;

    [ClassInitialize]
    public static async Task Open(TestContext _) => _shop = await Shop.OpenAsync();

    [ClassCleanup]
    public static async Task Close() => await _shop.DisposeAsync();

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task A_connection_that_saved_events_keeps_its_plans_and_is_reset_all_the_same(bool async)
    {
        await using var source = OneConnection();
        await SaveAsync(source, async);
        int saved;
        await using (var connection = await source.OpenConnectionAsync())
        {
            saved = connection.ProcessID;
            await connection.RunAsync("SET work_mem = '77MB'; CREATE TEMP TABLE left_behind (); SELECT pg_advisory_lock(4711); LISTEN left_behind");
        }

        await SaveAsync(source, async);

        await using var again = await source.OpenConnectionAsync();
        Assert.AreEqual(saved, again.ProcessID);
        Assert.AreEqual(1, await again.ScalarAsync<long>("SELECT count(*) FROM pg_prepared_statements"));
        Assert.AreNotEqual("77MB", await again.ScalarAsync<string>("SELECT current_setting('work_mem')"));
        Assert.AreEqual(0, await again.ScalarAsync<long>("SELECT count(*) FROM pg_class WHERE relname = 'left_behind'"));
        Assert.AreEqual(0, await again.ScalarAsync<long>("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"));
        Assert.AreEqual(0, await again.ScalarAsync<long>("SELECT count(*) FROM pg_listening_channels()"));
    }

    [TestMethod]
    [DataRow("No Reset On Close=true")]
    [DataRow("Max Auto Prepare=20")]
    public async Task A_connection_whose_plans_live_anyway_is_left_alone(string setting)
    {
        await using var source = OneConnection(setting);

        await SaveAsync(source, async: true);

        await using var connection = await source.OpenConnectionAsync();
        Assert.AreEqual(0, await connection.ScalarAsync<long>("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%pg_backend_pid%'"));
    }

    private static NpgsqlDataSource OneConnection(string setting = "") =>
        NpgsqlDataSource.Create($"{_shop.ConnectionString};Maximum Pool Size=1;{setting}");

    private static async Task SaveAsync(NpgsqlDataSource source, bool async)
    {
        var options = new DbContextOptionsBuilder<ShopDbContext>();
        options.UseNpgsql(source).UseEventStore();
        await using var db = new ShopDbContext(options.Options);
        db.AppendEvents([Sample.Event(Sample.Stream())]);
        _ = async ? await db.SaveChangesAsync() : db.SaveChanges();
    }
}
