using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace SyncKit.EfStore.Tests;

/// <summary>The store as an application gets it, on a database of a test.</summary>
internal sealed class TestStore : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    internal TestStore(string connectionString, Action<EventStoreOptions>? configure = null, TimeProvider? time = null)
        : this(configure, time, TestRoles.ForStore(connectionString))
    {
    }

    /// <summary>On the application's own connections, whoever it logs in as.</summary>
    internal TestStore(NpgsqlDataSource source)
        : this(options => options.DataSource = source, time: null, connectionString: null)
    {
    }

    private TestStore(Action<EventStoreOptions>? configure, TimeProvider? time, string? connectionString)
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

    /// <summary>Always as the owner, for what no writer may.</summary>
    internal static TestStore AsOwner(string connectionString) => new(configure: null, time: null, connectionString);

    /// <summary>Always as a writer with no other right.</summary>
    internal static TestStore AsWriter(string connectionString, Action<EventStoreOptions>? configure = null) =>
        new(configure, time: null, TestRoles.ForWriter(connectionString));

    internal IServiceProvider Services => _services;

    internal IEventStore Events => _services.GetRequiredService<IEventStore>();

    internal EventStoreDbContext CreateContext() =>
        _services.GetRequiredService<IDbContextFactory<EventStoreDbContext>>().CreateDbContext();

    /// <summary>Everything the store holds of one stream, by version.</summary>
    internal Task<List<StoredEvent>> StreamAsync(string aggregateId) => Events.LoadByAggregateAsync(aggregateId).ToListAsync().AsTask();

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
