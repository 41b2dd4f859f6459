namespace SyncKit;

/// <summary>A named subscription cannot do what was asked of it; the message says what to do.</summary>
public sealed class SubscriptionException : EventStoreException
{
    internal SubscriptionException(string subscription, string message)
        : base(message) => Subscription = subscription;

    /// <summary>The subscription's name.</summary>
    public string Subscription { get; }
}
