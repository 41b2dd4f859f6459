using System.ComponentModel;
using SyncKit.EfStore.Subscriptions;

namespace SyncKit.EfStore;

/// <summary>Where a subscription without a checkpoint begins. The default value is <see cref="Beginning"/>.</summary>
[TypeConverter(typeof(SubscriptionStartConverter))]
public readonly record struct SubscriptionStart
{
    /// <summary>With the first event of the log.</summary>
    public static readonly SubscriptionStart Beginning;

    /// <summary>With the first event that settles after the subscription was first started.</summary>
    public static readonly SubscriptionStart Now = new() { IsNow = true };

    internal bool IsNow { get; private init; }

    internal EventVersion Version { get; private init; }

    /// <summary>With the first event behind a version.</summary>
    public static SubscriptionStart After(EventVersion version) => new() { Version = version };
}
