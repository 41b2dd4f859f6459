using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests;

/// <summary>A test class with a database and a store of its own for each test.</summary>
public abstract class StoreDatabase : IAsyncDisposable
{
    private PostgresDatabase? _database;
    private TestStore? _store;

    private protected string ConnectionString => _database!.ConnectionString;

    private protected IEventStore Events => _store!.Events;

    private protected IServiceProvider Services => _store!.Services;

    /// <summary>Whether the store is the owner, for what no writer may.</summary>
    private protected virtual bool AsOwner => false;

    [TestInitialize]
    public async Task CreateDatabaseAsync()
    {
        _database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        _store = AsOwner ? TestStore.AsOwner(ConnectionString) : new TestStore(ConnectionString);
    }

    public async ValueTask DisposeAsync()
    {
        await _store!.DisposeAsync();
        await _database!.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Every stream goes 1, 2, 3 … without a gap, in the order of versions.</summary>
    private protected async Task AssertStreamsAreWholeAsync()
    {
        await using var connection = await RawSql.ConnectAsync(ConnectionString);
        Assert.AreEqual(0L, await connection.ScalarAsync<long>("""
            SELECT count(*) FROM (
                SELECT stream_version, row_number() OVER (PARTITION BY aggregate_id ORDER BY version) AS place FROM events
            ) AS numbered WHERE stream_version <> place
            """));
    }
}
