namespace SyncKit.EfStore.Notifications;

/// <summary>Who observes what, found by stream without asking everyone. Not safe for several threads; the hub holds its lock.</summary>
internal sealed class SubscriptionTable
{
    private readonly Dictionary<string, List<HubSubscription>> _byStream = new(StringComparer.Ordinal);
    private readonly List<HubSubscription> _anyStream = [];

    internal IEnumerable<HubSubscription> All => _anyStream.Concat(_byStream.Values.SelectMany(list => list));

    /// <summary>The observed streams; null where someone observes any stream, or nobody observes anything.</summary>
    internal IReadOnlyCollection<string>? OnlyStreams => _anyStream.Count == 0 && _byStream.Count > 0 ? _byStream.Keys : null;

    internal void Add(HubSubscription subscription)
    {
        if (subscription.Filter.AggregateId is not { } aggregateId)
        {
            _anyStream.Add(subscription);
        }
        else if (_byStream.TryGetValue(aggregateId, out var list))
        {
            list.Add(subscription);
        }
        else
        {
            _byStream.Add(aggregateId, [subscription]);
        }
    }

    internal bool Remove(HubSubscription subscription)
    {
        if (subscription.Filter.AggregateId is not { } aggregateId)
        {
            return _anyStream.Remove(subscription);
        }

        if (!_byStream.TryGetValue(aggregateId, out var list) || !list.Remove(subscription))
        {
            return false;
        }

        if (list.Count == 0)
        {
            _byStream.Remove(aggregateId);
        }

        return true;
    }

    /// <summary>Hands a notification to every active observer it concerns.</summary>
    internal void Show(EventNotification notification)
    {
        Show(_anyStream, notification);
        if (_byStream.TryGetValue(notification.AggregateId, out var list))
        {
            Show(list, notification);
        }
    }

    private static void Show(List<HubSubscription> subscriptions, EventNotification notification)
    {
        foreach (var subscription in subscriptions)
        {
            if (subscription.IsActive && subscription.Filter.Matches(notification))
            {
                subscription.Queue.Add(notification);
            }
        }
    }
}
