using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using SyncKit;
using SyncKit.EfStore.Sqlite;
using SyncKit.EfStore.Sqlite.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds an event store on a SQLite file to an application.</summary>
public static class SqliteEventStoreServiceCollectionExtensions
{
    /// <summary>Adds the event store of a file, which is created at the first use if it is not there.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="path">The file.</param>
    public static IServiceCollection AddSqliteEventStore(this IServiceCollection services, string path) =>
        services.AddSqliteEventStore(options => options.Path = path);

    /// <summary>Adds the event store, its options read from a configuration section.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="section">Holds <see cref="SqliteEventStoreOptions"/> by their names.</param>
    public static IServiceCollection AddSqliteEventStore(this IServiceCollection services, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(section);
        services.AddOptions<SqliteEventStoreOptions>().Bind(section);
        return AddCore(services);
    }

    /// <summary>
    /// Adds the event store as <see cref="IEventStore"/> and as <see cref="SqliteEventStore"/>. Safe to call more than once: the options add up,
    /// the services are added once. Where another <see cref="IEventStore"/> is registered already, that one stays.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets the options.</param>
    public static IServiceCollection AddSqliteEventStore(this IServiceCollection services, Action<SqliteEventStoreOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.Configure(configure);
        return AddCore(services);
    }

    private static IServiceCollection AddCore(IServiceCollection services)
    {
        services.AddOptions<SqliteEventStoreOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SqliteEventStoreOptions>, SqliteEventStoreOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider => new SqliteEventStore(
            provider.GetRequiredService<IOptions<SqliteEventStoreOptions>>().Value, provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<IEventStore>(provider => provider.GetRequiredService<SqliteEventStore>());
        return services;
    }
}
