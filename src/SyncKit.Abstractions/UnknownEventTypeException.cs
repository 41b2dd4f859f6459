namespace SyncKit;

/// <summary>An event is of a type that a subscription's handler does not know. Never retried; the failure policy decides.</summary>
public sealed class UnknownEventTypeException : EventStoreException
{
    internal UnknownEventTypeException(string subscription, StoredEvent stored)
        : base($"The event of version {stored.Version} is of type '{InputRules.Shorten(stored.EventType)}', which subscription '{subscription}' does not "
            + "know. Add it to KnownEventTypes, or set IgnoreUnknownEventTypes.") => EventType = stored.EventType;

    /// <summary>The type.</summary>
    public string EventType { get; }
}
