using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Contract;

public sealed class PostgresFixture : IStoreFixture
{
    private readonly List<TestStore> _stores = [];
    private PostgresDatabase? _database;

    public StoreTraits Traits => StoreTraits.Postgres;

    public async Task StartAsync(CancellationToken cancellationToken) =>
        _database = await (await TestServer.GetAsync()).CreateDatabaseAsync(cancellationToken);

    public IEventStore Open(int batchSize = 1_000, int maxJsonBytes = EventLimits.DefaultMaxJsonBytes)
    {
        var store = new TestStore(_database!.ConnectionString, options => (options.BatchSize, options.MaxJsonBytes) = (batchSize, maxJsonBytes));
        _stores.Add(store);
        return store.Events;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
        {
            await store.DisposeAsync();
        }

        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }
}
