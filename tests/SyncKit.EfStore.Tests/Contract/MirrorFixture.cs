using SyncKit.EfStore.Sqlite;
using SyncKit.EfStore.Tests.Testing;

namespace SyncKit.EfStore.Tests.Contract;

/// <summary>A mirror of two files. One process mirrors: the other stores on its log are those of the file that leads.</summary>
public sealed class MirrorFixture : IStoreFixture
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<IEventStore> _stores = [];

    public StoreTraits Traits { get; } = StoreTraits.Sqlite with { Name = "mirror" };

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public IEventStore Open(int batchSize = 1_000, int maxJsonBytes = EventLimits.DefaultMaxJsonBytes)
    {
        var leader = File("one", batchSize, maxJsonBytes);
        if (_stores.Count > 1)
        {
            return leader;
        }

        var mirror = new MirroredEventStore(
            MirrorPlace.Of(leader, "one"),
            MirrorPlace.Of(File("two", batchSize, maxJsonBytes), "two"),
            new MirrorOptions { StateFile = Path.Combine(_folder.Path, "mirror.json") });
        _stores.Insert(0, mirror);
        return mirror;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
        {
            await store.DisposeAsync();
        }

        _folder.Dispose();
    }

    private SqliteEventStore File(string name, int batchSize, int maxJsonBytes)
    {
        var store = new SqliteEventStore(new SqliteEventStoreOptions
        {
            Path = Path.Combine(_folder.Path, $"{name}.db"),
            BatchSize = batchSize,
            MaxJsonBytes = maxJsonBytes,
        });
        _stores.Add(store);
        return store;
    }
}
