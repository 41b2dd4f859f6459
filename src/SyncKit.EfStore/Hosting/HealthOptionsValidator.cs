using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SyncKit.EfStore.Hosting;

/// <summary>Refuses health options that cannot be, together with every other fault of the store's options.</summary>
internal sealed class HealthOptionsValidator(IServiceProvider provider) : IValidateOptions<EventStoreHealthOptions>
{
    public ValidateOptionsResult Validate(string? name, EventStoreHealthOptions options)
    {
        var faults = Faults(provider, options);
        if (faults.Count == 0)
        {
            return ValidateOptionsResult.Success;
        }

        EventStoreOptionsValidator.ThrowAll(provider);
        return ValidateOptionsResult.Fail(faults);
    }

    /// <summary>What is wrong with the options that configuration and code make; nothing where no health checks were added.</summary>
    internal static List<string> Faults(IServiceProvider provider)
    {
        var options = new EventStoreHealthOptions();
        var configures = provider.GetServices<IConfigureOptions<EventStoreHealthOptions>>().ToArray();
        foreach (var configure in configures)
        {
            configure.Configure(options);
        }

        return configures.Length == 0 ? [] : Faults(provider, options);
    }

    private static List<string> Faults(IServiceProvider provider, EventStoreHealthOptions options)
    {
        var faults = new List<string>();
        var configured = EventStoreSection.OfHealth(provider);
        configured.Bind(new EventStoreHealthOptions(), faults);
        faults.AddRange(options.Faults(property => configured.KeyOf(property, options)));
        return faults;
    }
}
