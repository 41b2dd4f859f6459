using SyncKit.EfStore.Notifications;

namespace SyncKit.EfStore.Tests.Notifications;

/// <summary>However many events there are, memory stays within its bounds, and who is slow gets them all later.</summary>
[TestClass]
public sealed class FloodTests
{
    private const int Events = 100_000;
    private const int Capacity = 1_000;

    [TestMethod]
    public async Task A_blocked_observer_keeps_its_capacity_while_a_hundred_thousand_events_come()
    {
        await using var host = await ListeningHost.StartAsync(options => options.ObserverQueueCapacity = Capacity);
        await using var psql = await host.ConnectAsync();
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var blocked = new Collector<EventNotification>();
        var place = host.Hub.Add(
            new NotificationFilter(),
            async (batch, cancellationToken) =>
            {
                entered.TrySetResult();
                await released.Task.WaitAsync(cancellationToken);
                foreach (var notification in batch)
                {
                    blocked.OnNext(notification);
                }
            },
            _ => { });
        var free = host.ObserveAll();
        await host.AllInPlaceAsync();

        // The observer is held by its first batch before the flood comes: a hand-over that starts later takes a whole queue with it.
        var first = await host.MarkAsync(free);
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(60));
        for (var portion = 0; portion < Events / 1_000; portion++)
        {
            await psql.RunAsync(
                "INSERT INTO events (id, aggregate_id, event_type, stream_version) SELECT 'flood-' || i, 'flood', 't', i FROM generate_series($1 + 1, $1 + 1000) AS i",
                portion * 1_000);
        }

        await free.WaitForIdAsync($"flood-{Events}");
        Assert.IsEmpty(blocked.Items);
        Assert.AreEqual(Capacity, place.Queue.Size.Waiting);
        Assert.IsLessThanOrEqualTo(100, place.Queue.Size.MissedRuns);
        Assert.IsLessThanOrEqualTo(ShownVersions.MostUnconfirmed, host.Hub.Remembered.Unconfirmed);
        Assert.IsLessThanOrEqualTo(100, host.Hub.Remembered.Runs);

        released.SetResult();
        await blocked.WaitForIdAsync($"flood-{Events}");
        List<string> ids = [first, .. Enumerable.Range(1, Events).Select(number => $"flood-{number}")];
        ids.Add(await host.MarkAsync(blocked));
        await free.WaitForIdAsync(ids[^1]);
        blocked.AssertExactly(ids);
        free.AssertExactly(ids);
        await host.Hub.RemoveAsync(place);
    }
}
