using Microsoft.EntityFrameworkCore;
using Npgsql;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Storage;

[TestClass]
public sealed class SchemaInspectionTests : IAsyncDisposable
{
    private PostgresDatabase _database = null!;

    public TestContext TestContext { get; set; } = null!;

    [TestInitialize]
    public async Task CreateDatabaseAsync() => _database = await (await TestServer.GetAsync()).CreateEmptyDatabaseAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [TestMethod]
    public async Task It_tells_what_is_missing_pending_newer_and_changed_and_leaves_it_so()
    {
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        await using var db = new EventStoreDbContext(new DbContextOptionsBuilder<EventStoreDbContext>().UseNpgsql(_database.ConnectionString).Options);
        var all = db.Database.GetMigrations().ToList();

        var empty = await InspectAsync();
        Assert.IsFalse(empty.HasLog);
        CollectionAssert.AreEqual(all, empty.Pending.ToList());

        await connection.RunAsync(GoSyncKit.Schema);
        var foreign = await InspectAsync();
        Assert.IsTrue(foreign.HasLog);
        CollectionAssert.AreEqual(all, foreign.Pending.ToList());
        Assert.IsEmpty(foreign.Drifted);

        await EventStoreSchema.MigrateAsync(_database.ConnectionString, TestContext.CancellationToken);
        var current = await InspectAsync();
        Assert.IsTrue(current.HasLog);
        Assert.IsEmpty(current.Pending.Concat(current.Unknown).Concat(current.Drifted).Concat(current.OrderFaults.Select(fault => fault.Problem)));

        await connection.RunAsync(
            "INSERT INTO __synckit_migrations VALUES ('29990101000000_Later', '99'); DROP INDEX idx_events_type; ALTER SEQUENCE events_version_seq CACHE 20");
        var changed = await InspectAsync();
        var again = await InspectAsync();
        Assert.AreEqual("29990101000000_Later", changed.Unknown.Single());
        Assert.AreEqual("index idx_events_type", changed.Drifted.Single());
        Assert.AreEqual(
            new SchemaFault("Sequence 'events_version_seq' has CACHE 20.", "ALTER SEQUENCE events_version_seq CACHE 1; and reconnect the writers."),
            changed.OrderFaults.Single());
        CollectionAssert.AreEqual(changed.Drifted.ToList(), again.Drifted.ToList());
    }

    [TestMethod]
    public async Task Another_programs_table_of_that_name_is_told_and_a_server_that_is_away_is_thrown()
    {
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        await connection.RunAsync("CREATE TABLE events (id int)");
        await using var dataSource = NpgsqlDataSource.Create(_database.ConnectionString);

        var foreign = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(
            () => EventStoreSchema.InspectAsync(dataSource, TestContext.CancellationToken));
        var away = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(
            () => EventStoreSchema.InspectAsync("Host=127.0.0.1;Port=1;Database=none", TestContext.CancellationToken));

        Assert.AreEqual(UnavailableReason.SchemaOutdated, foreign.Reason);
        Assert.AreEqual(UnavailableReason.ServerUnreachable, away.Reason);
    }

    private Task<SchemaInspection> InspectAsync() => EventStoreSchema.InspectAsync(_database.ConnectionString, TestContext.CancellationToken);
}
