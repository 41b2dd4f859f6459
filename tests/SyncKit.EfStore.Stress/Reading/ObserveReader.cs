using Microsoft.Extensions.DependencyInjection;
using SyncKit.EfStore.Stress.Checking;

namespace SyncKit.EfStore.Stress.Reading;

/// <summary>An observer of <c>ObserveAll</c>: each event committed after it subscribed, once, in the order of its stream.</summary>
internal sealed class ObserveReader : ILogReader
{
    public string Name => "ObserveAll";

    public DeliveryOrder Order => DeliveryOrder.ByStream;

    public async Task FollowAsync(IServiceProvider services, Deliveries deliveries, CancellationToken stopping)
    {
        var store = services.GetRequiredService<IRealtimeEventStore>();

        // Its LISTEN may be on its way when Subscribe returns; a subscription made after it can be awaited, and shares the channel.
        using var observing = store.ObserveAll().Subscribe(notification => deliveries.Add(notification.Version));
        await using (await store.SubscribeToAllAsync((_, _) => Task.CompletedTask, cancellationToken: stopping))
        {
            deliveries.Ready();
        }

        await Task.Delay(Timeout.Infinite, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
