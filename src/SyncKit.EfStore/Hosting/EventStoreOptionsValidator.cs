using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SyncKit.EfStore.Hosting;

/// <summary>
/// Reports every fault of all options at once, of the store, its subscriptions and its health: key or property, bound, actual. The store's
/// options come first in every host, so whoever starts it sees one report.
/// </summary>
internal sealed class EventStoreOptionsValidator(IServiceProvider provider) : IValidateOptions<EventStoreOptions>
{
    internal const string ConnectionStringName = "EventStore";

    public ValidateOptionsResult Validate(string? name, EventStoreOptions options)
    {
        var faults = new List<string>();
        var configured = EventStoreSection.OfStore(provider);
        configured.Bind(new EventStoreOptions(), faults);
        faults.AddRange(EventStoreOptionsFaults.Of(options, KeyOf));
        foreach (var subscription in provider.GetServices<AddedSubscription>())
        {
            subscription.CreateOptions(provider, faults);
        }

        faults.AddRange(HealthOptionsValidator.Faults(provider));
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);

        string? KeyOf(string property) =>
            property == nameof(options.ConnectionString)
                && options.ConnectionString is { } said
                && said == provider.GetService<IConfiguration>()?.GetConnectionString(ConnectionStringName)
                ? $"ConnectionStrings:{ConnectionStringName}"
                : configured.KeyOf(property, options);
    }

    /// <summary>For what has found a fault of its own: throws the report of all.</summary>
    /// <exception cref="OptionsValidationException">There are faults.</exception>
    internal static void ThrowAll(IServiceProvider provider) => _ = provider.GetRequiredService<IOptions<EventStoreOptions>>().Value;
}
