using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SyncKit.EfStore.Storage;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Storage;

/// <summary>Plans made while the log is empty use its indexes: seen to for the sessions of the store's own pool, and for no others.</summary>
[TestClass]
public sealed class PlannerCareTests
{
    private static PostgresDatabase _database = null!;

    [ClassInitialize]
    public static async Task Open(TestContext context) =>
        _database = await (await TestServer.GetAsync()).CreateDatabaseAsync(context.CancellationToken);

    [ClassCleanup]
    public static async Task Close() => await _database.DisposeAsync();

    [TestMethod]
    public async Task A_session_of_the_stores_own_pool_cares_for_its_plans()
    {
        await using var store = new TestStore(_database.ConnectionString);
        var connections = store.Services.GetRequiredService<EventStoreConnections>();

        await using var connection = await connections.OpenAsync(CancellationToken.None);

        Assert.IsTrue(connections.SessionsCareForPlans);
        Assert.AreEqual("off", await connection.ScalarAsync<string>("SHOW enable_seqscan"));
    }

    [TestMethod]
    public async Task A_session_of_the_applications_data_source_is_left_as_it_is_and_appends_all_the_same()
    {
        await using var source = NpgsqlDataSource.Create(TestRoles.ForStore(_database.ConnectionString));
        await using var store = new TestStore(source);
        var connections = store.Services.GetRequiredService<EventStoreConnections>();
        var stream = Sample.Stream();

        await store.Events.StoreAsync(Sample.Event(stream));

        await using var connection = await connections.OpenAsync(CancellationToken.None);
        Assert.IsFalse(connections.SessionsCareForPlans);
        Assert.AreEqual("on", await connection.ScalarAsync<string>("SHOW enable_seqscan"));
        Assert.HasCount(1, await store.StreamAsync(stream));
    }

    [TestMethod]
    public async Task Behind_a_pooler_which_names_a_process_of_its_own_the_session_is_left_as_it_is()
    {
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);

        Assert.IsFalse(await PlannerCare.TakeForSessionAsync(connection, connection.ProcessID + 1));

        Assert.AreEqual("on", await connection.ScalarAsync<string>("SHOW enable_seqscan"));
    }
}
