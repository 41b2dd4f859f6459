using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using SyncKit;
using SyncKit.EfStore.Sqlite;
using SyncKit.EfStore.Sqlite.Hosting;
using SyncKit.EfStore.Sqlite.Mirroring;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds a mirror of two event stores to an application.</summary>
public static class MirroredEventStoreServiceCollectionExtensions
{
    /// <summary>
    /// Adds the mirror of two stores, which are registered beside it, as <see cref="MirroredEventStore"/> and as the application's <see cref="IEventStore"/>, in the
    /// place of one that was registered before; the host starts it. Safe to call more than once: the options add up, the last places count.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="first">Makes the first place of the application's services.</param>
    /// <param name="second">Makes the second place.</param>
    /// <param name="configure">Sets the options.</param>
    public static IServiceCollection AddMirroredEventStore(
        this IServiceCollection services,
        Func<IServiceProvider, MirrorPlace> first,
        Func<IServiceProvider, MirrorPlace> second,
        Action<MirrorOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<MirrorOptions>().Configure(configure).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<MirrorOptions>, MirrorOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.Replace(ServiceDescriptor.Singleton(provider => new MirroredEventStore(
            first(provider), second(provider), provider.GetRequiredService<IOptions<MirrorOptions>>().Value, provider.GetRequiredService<TimeProvider>())));
        services.Replace(ServiceDescriptor.Singleton<IEventStore>(provider => provider.GetRequiredService<MirroredEventStore>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, MirrorService>());
        return services;
    }
}
