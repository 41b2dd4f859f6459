namespace SyncKit.EfStore.Tests.Notifications;

/// <summary>Handlers of subscriptions.</summary>
internal static class Handler
{
    internal static Func<StoredEvent, CancellationToken, Task> Into(Collector<StoredEvent> handled) => (stored, _) =>
    {
        handled.OnNext(stored);
        return Task.CompletedTask;
    };
}
