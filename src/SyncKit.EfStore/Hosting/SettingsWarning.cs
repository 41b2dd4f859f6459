using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SyncKit.EfStore.Diagnostics;

namespace SyncKit.EfStore.Hosting;

/// <summary>
/// Says at the start what the configuration says in vain. A warning only: other programs and other hosts may share an environment or a file.
/// </summary>
internal sealed class SettingsWarning(
    IServiceProvider provider, IEnumerable<AddedSubscription> subscriptions, ILogger<SettingsWarning> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var section in EventStoreSection.Named(provider).OfType<IConfigurationSection>().Where(section => !section.Exists()))
        {
            Log.SectionMissing(logger, section.Path);
        }

        var names = subscriptions.Select(subscription => subscription.Name).ToArray();
        var unknown = EventStoreSection.All(provider).SelectMany(section => UnknownSettings.Of(section, names)).ToArray();
        if (unknown.Length > 0)
        {
            Log.UnknownSettings(logger, string.Join(", ", unknown));
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
