namespace SyncKit.EfStore.Notifications;

/// <summary>What an observer wants: all events, those of one stream, or those of one type.</summary>
/// <param name="AggregateId">Only this stream; null for any.</param>
/// <param name="EventType">Only this type; null for any.</param>
internal readonly record struct NotificationFilter(string? AggregateId = null, string? EventType = null)
{
    internal bool Matches(EventNotification notification) =>
        (AggregateId is null || AggregateId == notification.AggregateId)
        && (EventType is null || EventType == notification.EventType);
}
