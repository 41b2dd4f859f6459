using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using SyncKit.EfStore.Appending.DbContexts;

namespace SyncKit.EfStore;

/// <summary>What <c>AddPostgresEventStore</c> returns: the place where more of the event store is added to an application.</summary>
public sealed class EventStoreBuilder
{
    internal EventStoreBuilder(IServiceCollection services) => Services = services;

    /// <summary>The application's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>
    /// Lets an application's own context append events that its <c>SaveChanges</c> stores with everything else: adds
    /// <see cref="IEventAppender{TContext}"/> to each scope, and configures the context however it is registered, before or after this:
    /// <c>AddDbContext</c>, <c>AddDbContextPool</c>, <c>AddDbContextFactory</c>, <c>AddPooledDbContextFactory</c>. Call it once for each context;
    /// again changes nothing.
    /// </summary>
    /// <remarks>The context's model calls <c>MapEvents</c>, and its connection leads to the database of the store.</remarks>
    /// <typeparam name="TContext">The application's context.</typeparam>
    public EventStoreBuilder UseInDbContext<TContext>()
        where TContext : DbContext
    {
        Services.TryAddSingleton(provider =>
        {
            // Read when an event is appended: a context for design time needs no connection string of the store.
            var options = provider.GetRequiredService<IOptions<EventStoreOptions>>();
            return new EventSaveInterceptor(() => options.Value.MaxJsonBytes);
        });
        Services.ConfigureDbContext<TContext>((provider, options) => options.UseEventStore(provider.GetRequiredService<EventSaveInterceptor>()));
        Services.TryAddScoped<IEventAppender<TContext>, DbContextAppender<TContext>>();
        return this;
    }
}
