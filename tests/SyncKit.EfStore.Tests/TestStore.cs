using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace SyncKit.EfStore.Tests;

/// <summary>The store as an application gets it, on a database of a test.</summary>
internal sealed class TestStore : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    internal TestStore(string connectionString, Action<EventStoreOptions>? configure = null, TimeProvider? time = null)
    {
        var services = new ServiceCollection();
        if (time is not null)
        {
            services.AddSingleton(time);
        }

        services.AddPostgresEventStore(options =>
        {
            options.ConnectionString = connectionString;
            configure?.Invoke(options);
        });
        _services = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
    }

    internal IServiceProvider Services => _services;

    internal IEventStore Events => _services.GetRequiredService<IEventStore>();

    internal EventStoreDbContext CreateContext() =>
        _services.GetRequiredService<IDbContextFactory<EventStoreDbContext>>().CreateDbContext();

    /// <summary>Everything the store holds of one stream, by version.</summary>
    internal Task<List<StoredEvent>> StreamAsync(string aggregateId) => Events.LoadByAggregateAsync(aggregateId).ToListAsync().AsTask();

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
