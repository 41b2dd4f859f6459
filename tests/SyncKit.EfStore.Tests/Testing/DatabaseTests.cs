using Npgsql;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Testing;

[TestClass]
public sealed class DatabaseTests
{
    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Cancelled => TestContext.CancellationToken;

    [TestMethod]
    public async Task Cloned_databases_are_independent()
    {
        var server = await TestServer.GetAsync();
        await using var first = await server.CreateDatabaseAsync(Cancelled);
        await using var second = await server.CreateDatabaseAsync(Cancelled);

        await Sql.ExecuteAsync(first.ConnectionString, "CREATE TABLE only_in_first (id int)", Cancelled);

        Assert.AreNotEqual(first.Name, second.Name);
        Assert.AreEqual(first.Name, await Sql.ScalarAsync<string>(first.ConnectionString, "SELECT current_database()::text", Cancelled));
        Assert.AreEqual(
            0L,
            await Sql.ScalarAsync<long>(second.ConnectionString, "SELECT count(*) FROM pg_tables WHERE tablename = 'only_in_first'", Cancelled));
    }

    [TestMethod]
    public async Task A_disposed_database_is_dropped_though_sessions_are_open()
    {
        var server = await TestServer.GetAsync();
        var database = await server.CreateDatabaseAsync(Cancelled);
        await using var forgotten = await Sql.OpenAsync(database.ConnectionString, Cancelled);
        await using (var pooled = new NpgsqlConnection(database.ConnectionString))
        {
            await pooled.OpenAsync(Cancelled);
        }

        await database.DisposeAsync();
        await database.DisposeAsync();

        Assert.IsFalse(await ExistsAsync(server, database));
        await Sql.LostAsync(forgotten, Cancelled);
    }

    [TestMethod]
    public async Task Eight_clones_can_be_made_at_once()
    {
        var server = await TestServer.GetAsync();

        var databases = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => server.CreateDatabaseAsync(Cancelled)));

        Assert.HasCount(8, databases.Select(database => database.Name).Distinct());
        await Task.WhenAll(databases.Select(database => database.DisposeAsync().AsTask()));
    }

    [TestMethod]
    public async Task An_empty_database_has_no_tables()
    {
        var server = await TestServer.GetAsync();
        await using var database = await server.CreateEmptyDatabaseAsync(Cancelled);

        const string Tables = "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')";
        Assert.AreEqual(0L, await Sql.ScalarAsync<long>(database.ConnectionString, Tables, Cancelled));
    }

    [TestMethod]
    public async Task A_database_may_outlive_its_server()
    {
        var server = await PostgresServer.StartAsync(
            new PostgresServerOptions { Sources = [PostgresSource.LocalPrograms] }, Cancelled);
        var database = await server.CreateDatabaseAsync(Cancelled);

        await server.DisposeAsync();
        await server.DisposeAsync();

        await database.DisposeAsync();
    }

    private Task<bool> ExistsAsync(PostgresServer server, PostgresDatabase database) =>
        Sql.ScalarAsync<bool>(
            server.ConnectionString, $"SELECT EXISTS (SELECT FROM pg_database WHERE datname = '{database.Name}')", Cancelled);
}
