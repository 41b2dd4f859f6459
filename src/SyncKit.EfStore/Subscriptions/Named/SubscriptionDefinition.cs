namespace SyncKit.EfStore.Subscriptions.Named;

/// <summary>A named subscription as the application added it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Options">How it works; checked.</param>
/// <param name="CreateDelivery">Makes what brings events to its handler.</param>
internal sealed record SubscriptionDefinition(string Name, SubscriptionOptions Options, Func<IServiceProvider, IDelivery> CreateDelivery)
{
    private const int MaxNameBytes = 200;

    internal static string CheckName(string name) => InputRules.Text(name, "subscription name", MaxNameBytes);
}
