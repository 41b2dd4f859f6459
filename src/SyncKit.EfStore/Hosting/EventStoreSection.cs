using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace SyncKit.EfStore.Hosting;

/// <summary>A configuration section that options are read from.</summary>
/// <param name="Section">Named by the application; where it named none, <c>EventStore</c> of the host's configuration is read.</param>
internal sealed record EventStoreSection(IConfiguration Section)
{
    internal const string HealthName = "Health";
    internal const string SubscriptionsName = "Subscriptions";

    private const string DefaultName = "EventStore";

    internal static ConfiguredOptions<EventStoreOptions> OfStore(IServiceProvider provider) => new(All(provider));

    internal static ConfiguredOptions<EventStoreHealthOptions> OfHealth(IServiceProvider provider) =>
        new([.. All(provider).Select(section => section.GetSection(HealthName))]);

    internal static ConfiguredOptions<SubscriptionOptions> OfSubscription(IServiceProvider provider, string name) =>
        new([.. All(provider).Select(section => section.GetSection(SubscriptionsName).GetSection(name))]);

    /// <summary>In the order they were named.</summary>
    internal static IConfiguration[] All(IServiceProvider provider)
    {
        var named = Named(provider);
        return named.Length > 0 ? named
            : provider.GetService<IConfiguration>()?.GetSection(DefaultName) is { } section ? [section]
            : [];
    }

    /// <summary>Those that the application handed in.</summary>
    internal static IConfiguration[] Named(IServiceProvider provider) => [.. provider.GetServices<EventStoreSection>().Select(one => one.Section)];
}
