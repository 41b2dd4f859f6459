using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SyncKit.EfStore.Hosting;

/// <summary>A configuration section that options are read from.</summary>
/// <param name="Section">Named by the application; where it named none, <c>EventStore</c> of the host's configuration is read.</param>
internal sealed record EventStoreSection(IConfiguration Section)
{
    private const string DefaultName = "EventStore";
    private const string HealthName = "Health";
    private const string SubscriptionsName = "Subscriptions";

    internal static void Bind(IServiceProvider provider, EventStoreOptions options)
    {
        foreach (var section in All(provider))
        {
            Bind(section, Options.DefaultName, options);
        }
    }

    internal static void Bind(IServiceProvider provider, EventStoreHealthOptions options)
    {
        foreach (var section in All(provider))
        {
            Bind(section.GetSection(HealthName), HealthName, options);
        }
    }

    internal static void Bind(IServiceProvider provider, string subscription, SubscriptionOptions options)
    {
        foreach (var section in All(provider))
        {
            Bind(section.GetSection(SubscriptionsName).GetSection(subscription), subscription, options);
        }
    }

    /// <summary>In the order they were named.</summary>
    internal static IConfiguration[] All(IServiceProvider provider)
    {
        var named = provider.GetServices<EventStoreSection>().Select(one => one.Section).ToArray();
        return named.Length > 0 ? named
            : provider.GetService<IConfiguration>()?.GetSection(DefaultName) is { } section ? [section]
            : [];
    }

    private static void Bind<T>(IConfiguration section, string name, T options)
        where T : class
    {
        try
        {
            section.Bind(options);
        }
        catch (InvalidOperationException error)
        {
            // The binder names the key, the value and the type it wanted.
            throw new OptionsValidationException(name, typeof(T), [error.Message]);
        }
    }
}
