using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using SyncKit.EfStore.Appending.DbContexts;
using SyncKit.EfStore.Diagnostics;
using SyncKit.EfStore.Hosting;
using SyncKit.EfStore.Storage;
using SyncKit.EfStore.Subscriptions.Named;

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
            return new EventSaveInterceptor(
                () => options.Value.MaxJsonBytes,
                provider.GetRequiredService<EventStoreMetrics>,
                provider.GetRequiredService<EventStoreTracing>);
        });
        Services.ConfigureDbContext<TContext>((provider, options) => options.UseEventStore(provider.GetRequiredService<EventSaveInterceptor>()));
        Services.TryAddScoped<IEventAppender<TContext>, DbContextAppender<TContext>>();
        return this;
    }

    /// <summary>
    /// Adds a named subscription: the host brings every event to a handler, at least once, and keeps how far it is in the database under
    /// the name. Of all instances of a name, in whatever process, one is active at a time. See <see cref="ISubscriptions"/>.
    /// </summary>
    /// <typeparam name="THandler">Resolved in a scope of its own for each batch; registered as scoped unless it is already.</typeparam>
    /// <param name="name">The same in every process, 1 to 200 bytes of UTF-8. Another name is another subscription with a checkpoint of its own.</param>
    /// <param name="configure">
    /// Sets the options after <c>Subscriptions:</c> and the name did in the store's configuration section. May be called more than once.
    /// </param>
    /// <exception cref="InvalidInputException">The name cannot be stored.</exception>
    /// <exception cref="OptionsValidationException">Options are out of bounds; the message lists all.</exception>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public EventStoreBuilder AddSubscription<THandler>(string name, Action<SubscriptionOptions>? configure = null)
        where THandler : class, IEventHandler
    {
        Services.TryAddScoped<THandler>();
        return AddSubscription(
            name,
            configure,
            inContext: false,
            provider => new PlainDelivery<THandler>(
                provider.GetRequiredService<IServiceScopeFactory>(), provider.GetRequiredService<CheckpointTable>()));
    }

    /// <summary>
    /// Adds a named subscription whose handler writes through the application's context: its writes and the checkpoint are one transaction
    /// for each batch, so each event takes effect exactly once.
    /// </summary>
    /// <remarks>
    /// The context's connection leads to the database of the store, else the host does not start. Works with EnableRetryOnFailure and with
    /// pooled contexts.
    /// </remarks>
    /// <typeparam name="THandler">Resolved in a scope of its own for each batch and attempt; registered as scoped unless it is already.</typeparam>
    /// <typeparam name="TContext">The application's context, registered as scoped.</typeparam>
    /// <param name="name">The same in every process, 1 to 200 bytes of UTF-8. Another name is another subscription with a checkpoint of its own.</param>
    /// <param name="configure">
    /// Sets the options after <c>Subscriptions:</c> and the name did in the store's configuration section. May be called more than once.
    /// </param>
    /// <exception cref="InvalidInputException">The name cannot be stored.</exception>
    /// <exception cref="OptionsValidationException">Options are out of bounds; the message lists all.</exception>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public EventStoreBuilder AddSubscription<THandler, TContext>(string name, Action<SubscriptionOptions>? configure = null)
        where THandler : class, IEventHandler<TContext>
        where TContext : DbContext
    {
        Services.TryAddScoped<THandler>();
        return AddSubscription(
            name,
            configure,
            inContext: true,
            provider => new ContextDelivery<THandler, TContext>(
                name, provider.GetRequiredService<IServiceScopeFactory>(), provider.GetRequiredService<EventStoreConnections>()));
    }

    private EventStoreBuilder AddSubscription(
        string name, Action<SubscriptionOptions>? configure, bool inContext, Func<IServiceProvider, IDelivery> createDelivery)
    {
        SubscriptionDefinition.CheckName(name);
        if (Services.Any(service => (service.ImplementationInstance as AddedSubscription)?.Name == name))
        {
            throw new ArgumentException($"There is a subscription '{name}' already. Give this one a name of its own.", nameof(name));
        }

        // What code says is checked at once; with what configuration says, when there is one to ask.
        var added = new AddedSubscription(name, inContext, configure);
        CreateOptions(provider: null);
        Services.AddSingleton(added);
        Services.AddSingleton(provider => new SubscriptionDefinition(name, CreateOptions(provider), createDelivery));
        return this;

        SubscriptionOptions CreateOptions(IServiceProvider? provider)
        {
            var faults = new List<string>();
            var options = added.CreateOptions(provider, faults);
            if (faults.Count == 0)
            {
                return options;
            }

            if (provider is not null)
            {
                EventStoreOptionsValidator.ThrowAll(provider);
            }

            throw new OptionsValidationException(name, typeof(SubscriptionOptions), faults);
        }
    }
}
