using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql.EntityFrameworkCore.PostgreSQL.Infrastructure;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Appending.DbContexts;

/// <summary>A database with the event log and the shop's own table, and contexts made by hand.</summary>
internal sealed class Shop : IAsyncDisposable
{
    private readonly PostgresDatabase _database;

    private Shop(PostgresDatabase database)
    {
        _database = database;
        Store = new TestStore(database.ConnectionString);
    }

    internal string ConnectionString => _database.ConnectionString;

    internal string DatabaseName => _database.Name;

    internal TestStore Store { get; }

    internal static async Task<Shop> OpenAsync()
    {
        var shop = new Shop(await (await TestServer.GetAsync()).CreateDatabaseAsync());
        var options = new DbContextOptionsBuilder<ShopDbContext>();
        options.UseNpgsql(shop.ConnectionString);
        await using var db = new ShopDbContext(options.Options);
        await db.GetService<IRelationalDatabaseCreator>().CreateTablesAsync();
        await using var connection = await RawSql.ConnectAsync(shop.ConnectionString);
        await connection.RunAsync("GRANT ALL ON a_shop_orders TO PUBLIC");
        return shop;
    }

    internal ShopDbContext CreateContext(
        Action<NpgsqlDbContextOptionsBuilder>? npgsql = null, Action<DbContextOptionsBuilder>? configure = null)
    {
        var options = new DbContextOptionsBuilder<ShopDbContext>();
        options.UseNpgsql(TestRoles.ForStore(ConnectionString), npgsql).UseEventStore();
        configure?.Invoke(options);
        return new ShopDbContext(options.Options);
    }

    internal async Task<long> OrdersAsync(string number)
    {
        await using var connection = await RawSql.ConnectAsync(ConnectionString);
        return await connection.ScalarAsync<long>("""SELECT count(*) FROM a_shop_orders WHERE "Number" = $1""", number);
    }

    internal async Task<long[]> StreamVersionsAsync(string stream) => [.. (await Store.StreamAsync(stream)).Select(e => e.StreamVersion)];

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await _database.DisposeAsync();
    }
}
