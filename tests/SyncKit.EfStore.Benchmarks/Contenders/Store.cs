using Microsoft.Extensions.DependencyInjection;
using SyncKit.EfStore.Benchmarks.Events;

namespace SyncKit.EfStore.Benchmarks.Contenders;

/// <summary>The store as an application gets it, with its defaults. All callers share it.</summary>
internal sealed class Store : IAppender<Row>, IAppender<Batch>
{
    internal const string Name = "SyncKit.EfStore";

    private readonly ServiceProvider _services;

    internal Store(string connectionString, Action<EventStoreOptions>? configure = null)
    {
        _services = new ServiceCollection()
            .AddPostgresEventStore(options =>
            {
                options.ConnectionString = connectionString;
                configure?.Invoke(options);
            })
            .Services.BuildServiceProvider();
        Events = _services.GetRequiredService<IEventStore>();
    }

    internal IEventStore Events { get; }

    internal IServiceProvider Services => _services;

    public Task AppendAsync(int caller, Row what) => Events.StoreAsync(what.Event);

    public Task AppendAsync(int caller, Batch what) => Events.AppendAsync(what.Events, ExpectedVersion.Any);

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
