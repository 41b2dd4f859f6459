using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using SyncKit.EfStore.Notifications;

namespace SyncKit.EfStore.Benchmarks.Cpu;

/// <summary>From the hub to observers: 1,000 notifications, each put into the queue of everyone it concerns and handed over. Time of one.</summary>
public class FanOutBenchmarks
{
    private const int Notifications = 1_000;
    private const int Streams = 100;
    private const int Capacity = 10_000;

    private readonly SubscriptionTable _table = new();
    private EventNotification[] _notifications = [];

    /// <summary>How many observe all events; as many again observe one stream each.</summary>
    [Params(1, 100)]
    public int Observers { get; set; }

    [GlobalSetup]
    public void Subscribe()
    {
        for (var i = 0; i < Observers; i++)
        {
            Add(new NotificationFilter());
            Add(new NotificationFilter(AggregateId: $"order-{i % Streams}"));
        }

        _notifications = [.. Enumerable.Range(1, Notifications).Select(version => new EventNotification(
            new EventVersion(version), version / Streams, $"id-{version}", $"order-{version % Streams}", "OrderPlaced", null))];
    }

    [Benchmark(OperationsPerInvoke = Notifications)]
    public async Task Show_to_all_concerned()
    {
        foreach (var notification in _notifications)
        {
            _table.Show(notification);
        }

        foreach (var subscription in _table.All)
        {
            await subscription.Queue.Drained;
        }
    }

    [GlobalCleanup]
    public void Unsubscribe()
    {
        foreach (var subscription in _table.All.ToArray())
        {
            subscription.Queue.Dispose();
        }
    }

    private void Add(NotificationFilter filter)
    {
        // The reader is for what does not fit into a queue, and all of it fits.
        var queue = new ObserverQueue((_, _) => Task.CompletedTask, null!, Capacity, TimeProvider.System, NullLogger.Instance);
        var subscription = new HubSubscription(filter, queue, _ => { });
        subscription.Activate();
        _table.Add(subscription);
    }
}
