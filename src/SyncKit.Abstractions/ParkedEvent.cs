namespace SyncKit;

/// <summary>An event that a subscription could not handle, or that stands behind such a one in its stream. Immutable.</summary>
/// <param name="Subscription">The subscription's name.</param>
/// <param name="Version">The event's place in the whole log.</param>
/// <param name="EventId">Its id.</param>
/// <param name="AggregateId">Its stream, which is blocked while this is parked.</param>
/// <param name="EventType">What happened.</param>
/// <param name="Attempts">How often it was tried; 0 where it only stands behind another.</param>
/// <param name="Error">What the handler threw last, or which version it stands behind.</param>
/// <param name="ParkedAt">When, by the server's clock.</param>
/// <param name="ReplayAsked">Whether it waits for the active instance to handle it again.</param>
public sealed record ParkedEvent(
    string Subscription,
    EventVersion Version,
    string EventId,
    string AggregateId,
    string EventType,
    int Attempts,
    string Error,
    DateTimeOffset ParkedAt,
    bool ReplayAsked);
