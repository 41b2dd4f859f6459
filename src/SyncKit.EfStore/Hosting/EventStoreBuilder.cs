using Microsoft.Extensions.DependencyInjection;

namespace SyncKit.EfStore;

/// <summary>What <c>AddPostgresEventStore</c> returns: the place where more of the event store is added to an application.</summary>
public sealed class EventStoreBuilder
{
    internal EventStoreBuilder(IServiceCollection services) => Services = services;

    /// <summary>The application's services.</summary>
    public IServiceCollection Services { get; }
}
