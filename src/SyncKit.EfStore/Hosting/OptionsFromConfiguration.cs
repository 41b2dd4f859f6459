using Microsoft.Extensions.Options;

namespace SyncKit.EfStore.Hosting;

/// <summary>
/// Binds the options before anything else sets them, so that code has the last word. What cannot be bound the validators say, with every other
/// fault.
/// </summary>
internal sealed class OptionsFromConfiguration(IServiceProvider provider)
    : IConfigureOptions<EventStoreOptions>, IConfigureOptions<EventStoreHealthOptions>
{
    public void Configure(EventStoreOptions options) => EventStoreSection.OfStore(provider).Bind(options, []);

    public void Configure(EventStoreHealthOptions options) => EventStoreSection.OfHealth(provider).Bind(options, []);
}
