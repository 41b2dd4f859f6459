using Microsoft.Extensions.Options;

namespace SyncKit.EfStore.Hosting;

/// <summary>Binds the options before anything else sets them, so that code has the last word.</summary>
internal sealed class OptionsFromConfiguration(IServiceProvider provider)
    : IConfigureOptions<EventStoreOptions>, IConfigureOptions<EventStoreHealthOptions>
{
    public void Configure(EventStoreOptions options) => EventStoreSection.Bind(provider, options);

    public void Configure(EventStoreHealthOptions options) => EventStoreSection.Bind(provider, options);
}
