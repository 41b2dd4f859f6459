namespace SyncKit.EfStore.Hosting;

/// <summary>A named subscription as code added it, before there is a configuration to ask.</summary>
/// <param name="Name">Its name.</param>
/// <param name="InContext">Whether its handler writes through the application's context.</param>
/// <param name="Configure">What code says of its options.</param>
internal sealed record AddedSubscription(string Name, bool InContext, Action<SubscriptionOptions>? Configure)
{
    /// <param name="configuration">Null while there is none to ask: then the options are what code says.</param>
    /// <param name="faults">Gets what is wrong with them.</param>
    internal SubscriptionOptions CreateOptions(IServiceProvider? configuration, List<string> faults)
    {
        var configured = configuration is null ? null : EventStoreSection.OfSubscription(configuration, Name);
        var options = new SubscriptionOptions();
        configured?.Bind(options, faults);
        Configure?.Invoke(options);
        faults.AddRange(options.Faults(Name, InContext, property => configured?.KeyOf(property, options)));
        return options;
    }
}
