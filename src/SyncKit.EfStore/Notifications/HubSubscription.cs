namespace SyncKit.EfStore.Notifications;

/// <summary>One observer's place in the hub.</summary>
internal sealed class HubSubscription(NotificationFilter filter, ObserverQueue queue, Action<Exception?> ended)
{
    private readonly TaskCompletionSource _inPlace = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal NotificationFilter Filter { get; } = filter;

    internal ObserverQueue Queue { get; } = queue;

    /// <summary>Whether it is shown events: from here on, every one. Guarded by the hub's lock.</summary>
    internal bool IsActive { get; private set; }

    /// <summary>Ends once it is active.</summary>
    internal Task InPlace => _inPlace.Task;

    internal void Activate()
    {
        IsActive = true;
        _inPlace.TrySetResult();
    }

    /// <summary>Delivers what waits, then tells the observer that it is over: null for a clean end.</summary>
    internal void End(Exception? error)
    {
        if (error is null)
        {
            _inPlace.TrySetCanceled();
        }
        else
        {
            _inPlace.TrySetException(error);
            _ = _inPlace.Task.Exception; // Nobody may be waiting for it.
        }

        Queue.End(() => ended(error));
    }
}
