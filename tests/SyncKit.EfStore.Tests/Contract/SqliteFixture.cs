using SyncKit.EfStore.Sqlite;
using SyncKit.EfStore.Tests.Testing;

namespace SyncKit.EfStore.Tests.Contract;

public sealed class SqliteFixture : IStoreFixture
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<SqliteEventStore> _stores = [];

    public StoreTraits Traits => StoreTraits.Sqlite;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public IEventStore Open(int batchSize = 1_000, int maxJsonBytes = EventLimits.DefaultMaxJsonBytes)
    {
        var store = new SqliteEventStore(new SqliteEventStoreOptions
        {
            Path = Path.Combine(_folder.Path, "events.db"),
            BatchSize = batchSize,
            MaxJsonBytes = maxJsonBytes,
        });
        _stores.Add(store);
        return store;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
        {
            await store.DisposeAsync();
        }

        _folder.Dispose();
    }
}
