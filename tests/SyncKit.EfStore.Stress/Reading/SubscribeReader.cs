using Microsoft.Extensions.DependencyInjection;
using SyncKit.EfStore.Stress.Checking;

namespace SyncKit.EfStore.Stress.Reading;

/// <summary>A handler of <c>SubscribeToAllAsync</c>, from the beginning.</summary>
internal sealed class SubscribeReader : ILogReader
{
    public string Name => "SubscribeToAllAsync";

    // It is fed by notifications, which come in the order of commits: that of each stream, not of the log.
    public DeliveryOrder Order => DeliveryOrder.ByStream;

    public async Task FollowAsync(IServiceProvider services, Deliveries deliveries, CancellationToken stopping)
    {
        var store = services.GetRequiredService<IRealtimeEventStore>();
        await using var subscription = await store.SubscribeToAllAsync(
            (stored, _) =>
            {
                deliveries.Add(stored.Version);
                return Task.CompletedTask;
            },
            EventVersion.Zero,
            stopping);
        deliveries.Ready();
        await Task.Delay(Timeout.Infinite, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
