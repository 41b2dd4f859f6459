using Microsoft.Extensions.Configuration;
using SyncKit.EfStore.Diagnostics;

namespace SyncKit.EfStore.Hosting;

/// <summary>The keys of a section that nothing reads, each with the nearest one that is read. Never their values.</summary>
internal static class UnknownSettings
{
    internal static IEnumerable<string> Of(IConfiguration section, IReadOnlyCollection<string> subscriptions)
    {
        var added = section.GetSection(EventStoreSection.SubscriptionsName);
        var known = Names<EventStoreOptions>().Append(EventStoreSection.SubscriptionsName).Append(EventStoreSection.HealthName);

        // Of a whole configuration, handed in as a section, other programs have their share.
        return (section is IConfigurationSection ? Unknown(section, known) : [])
            .Concat(Unknown(section.GetSection(EventStoreSection.HealthName), Names<EventStoreHealthOptions>()))
            // A name with a colon stands a level deeper.
            .Concat(Unknown(added, subscriptions.Select(name => name.Split(ConfigurationPath.KeyDelimiter)[0])))
            .Concat(subscriptions.Select(name => added.GetSection(name)).SelectMany(subscription =>
                Unknown(subscription, Names<SubscriptionOptions>())
                    .Concat(Unknown(subscription.GetSection(nameof(SubscriptionOptions.Filter)), Names<SubscriptionFilter>()))));
    }

    private static IEnumerable<string> Names<T>()
        where T : class, new() =>
        ConfiguredOptions<T>.Properties.Select(property => property.Name);

    private static IEnumerable<string> Unknown(IConfiguration section, IEnumerable<string> known)
    {
        var names = known.ToHashSet(StringComparer.OrdinalIgnoreCase);
        return section.GetChildren()
            .Where(child => !names.Contains(child.Key))
            .Select(child => NearestName.Of(child.Key, names) is { } near ? $"{child.Path} (did you mean {near}?)" : child.Path);
    }
}
