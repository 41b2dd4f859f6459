using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using SyncKit;
using SyncKit.EfStore;
using SyncKit.EfStore.Appending;
using SyncKit.EfStore.Auditing;
using SyncKit.EfStore.Diagnostics;
using SyncKit.EfStore.Hosting;
using SyncKit.EfStore.Notifications;
using SyncKit.EfStore.Ordering;
using SyncKit.EfStore.Reading;
using SyncKit.EfStore.Storage;
using SyncKit.EfStore.Subscriptions;
using SyncKit.EfStore.Subscriptions.Named;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the event store to an application.</summary>
public static class EventStoreServiceCollectionExtensions
{
    /// <summary>Adds the event store of a database.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="connectionString">An Npgsql connection string.</param>
    public static EventStoreBuilder AddPostgresEventStore(this IServiceCollection services, string connectionString) =>
        services.AddPostgresEventStore(options => options.ConnectionString = connectionString);

    /// <summary>Adds the event store, its options read from a configuration section other than <c>EventStore</c>, which is then left alone.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="section">
    /// Holds <see cref="EventStoreOptions"/> by their names, and under <c>Subscriptions</c> <see cref="SubscriptionOptions"/> by the subscriptions'.
    /// </param>
    public static EventStoreBuilder AddPostgresEventStore(this IServiceCollection services, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(section);
        services.AddSingleton(new EventStoreSection(section));
        return AddCore(services);
    }

    /// <summary>
    /// Adds the event store. Safe to call more than once: the options add up, the later word is the last, the services are added once, and a
    /// service the application registered before wins. A host has one store, whatever the connection strings.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">
    /// Sets the options after the section <c>EventStore</c> of the host's configuration did; null where that section, or only
    /// <c>ConnectionStrings:EventStore</c>, says all.
    /// </param>
    public static EventStoreBuilder AddPostgresEventStore(this IServiceCollection services, Action<EventStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (configure is not null)
        {
            services.Configure(configure);
        }

        return AddCore(services);
    }

    private static EventStoreBuilder AddCore(IServiceCollection services)
    {
        services.AddLogging();
        services.AddMetrics();
        if (services.All(service => service.ImplementationType != typeof(OptionsFromConfiguration)))
        {
            services.Insert(0, ServiceDescriptor.Singleton<IConfigureOptions<EventStoreOptions>, OptionsFromConfiguration>());
        }

        services.AddOptions<EventStoreOptions>()
            .PostConfigure<IServiceProvider>(CompleteConnectionStrings)
            .ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<EventStoreOptions>, EventStoreOptionsValidator>());

        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<PlainTextWarning>();
        services.TryAddSingleton(provider => new EventStoreConnections(Options(provider), provider.GetRequiredService<PlainTextWarning>()));
        services.TryAddSingleton(provider => new EventStoreMetrics(provider.GetService<IMeterFactory>(), Options(provider).EnableMetrics));
        services.TryAddSingleton(provider => new EventStoreTracing(
            Options(provider).DataSource?.ConnectionString ?? Options(provider).ConnectionString, Options(provider).TraceInMetadata));
        services.TryAddSingleton<CommitNotifier>();
        services.TryAddSingleton<AppendTransaction>();
        services.TryAddSingleton<Appender>();
        services.TryAddSingleton(provider => new GroupCommit(
            provider.GetRequiredService<Appender>(),
            Options(provider).GroupCommit,
            provider.GetRequiredService<EventStoreConnections>().MaxPoolSize / 2));
        services.TryAddSingleton<ObservedAppends>();
        services.TryAddSingleton<SettledMark>();
        services.TryAddSingleton<ISettledMark>(provider => provider.GetRequiredService<SettledMark>());
        services.TryAddSingleton(provider => new EventReader(
            provider.GetRequiredService<EventStoreConnections>(),
            provider.GetRequiredService<SettledMark>(),
            provider.GetRequiredService<EventStoreTracing>(),
            provider.GetRequiredService<EventStoreMetrics>(),
            provider.GetRequiredService<TimeProvider>(),
            Current(provider, o => o.BatchSize)));
        services.TryAddSingleton<HeaderReader>();
        services.TryAddSingleton<ListenerStates>();
        services.TryAddSingleton<NotificationHub>();
        services.TryAddSingleton<NotificationListener>();
        services.TryAddSingleton<LogFollower>();
        services.TryAddSingleton<PostgresEventStore>();
        services.TryAddSingleton<IRealtimeEventStore>(provider => provider.GetRequiredService<PostgresEventStore>());
        services.TryAddSingleton<IEventStore>(provider => provider.GetRequiredService<IRealtimeEventStore>());
        services.TryAddSingleton(provider => new EventImporter(
            provider.GetRequiredService<EventStoreConnections>(),
            provider.GetRequiredService<EventStoreMetrics>(),
            Current(provider, o => o.MaxJsonBytes),
            provider.GetRequiredService<PostgresEventStore>().ObserversJoinedAsync));

        services.TryAddSingleton(provider => new PostgresEventLog(
            provider.GetRequiredService<EventStoreConnections>(),
            provider.GetRequiredService<EventStoreMetrics>(),
            provider.GetRequiredService<SettledMark>(),
            Current(provider, o => o.MaxJsonBytes),
            provider.GetRequiredService<PostgresEventStore>().ObserversJoinedAsync));

        services.TryAddSingleton<IEventAudit, EventAudit>();
        services.TryAddSingleton<IEventErasure, EventErasure>();

        services.TryAddSingleton<CheckpointTable>();
        services.TryAddSingleton<ParkedTable>();
        services.TryAddSingleton<SubscriptionQueries>();
        services.TryAddSingleton<SubscriptionServices>();
        services.TryAddSingleton<SubscriptionDirectory>();
        services.TryAddSingleton<ISubscriptions>(provider => provider.GetRequiredService<SubscriptionDirectory>());

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, SettingsWarning>());

        // In this order: the schema is there before the listener looks at it.
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, OptionsReload>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, SchemaService>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ListenerService>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, SubscriptionService>());

        services.AddDbContextFactory<EventStoreDbContext>(
            (provider, options) => EventStoreSchema.Configure(options, provider.GetRequiredService<EventStoreConnections>().Linq));
        return new EventStoreBuilder(services);
    }

    private static EventStoreOptions Options(IServiceProvider provider) => provider.GetRequiredService<IOptions<EventStoreOptions>>().Value;

    /// <summary>An option that may change while the store runs.</summary>
    private static Func<T> Current<T>(IServiceProvider provider, Func<EventStoreOptions, T> read)
    {
        var options = Options(provider);
        return () => read(options);
    }

    /// <summary>A blank string, which an environment may hold for one that is not set, says nothing.</summary>
    private static void CompleteConnectionStrings(EventStoreOptions options, IServiceProvider provider)
    {
        options.ConnectionString = NullIfBlank(options.ConnectionString);
        options.ListenerConnectionString = NullIfBlank(options.ListenerConnectionString);
        if (options is { ConnectionString: null, DataSource: null })
        {
            options.ConnectionString = NullIfBlank(
                provider.GetService<IConfiguration>()?.GetConnectionString(EventStoreOptionsValidator.ConnectionStringName));
        }

        static string? NullIfBlank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
    }
}
