using Microsoft.Extensions.DependencyInjection;
using SyncKit.EfStore.Stress.Checking;

namespace SyncKit.EfStore.Stress.Reading;

/// <summary><c>SubscribeAsync</c> from the beginning: an endless <c>IAsyncEnumerable</c> in version order.</summary>
internal sealed class FollowReader : ILogReader
{
    public string Name => "SubscribeAsync";

    public DeliveryOrder Order => DeliveryOrder.ByVersion;

    public async Task FollowAsync(IServiceProvider services, Deliveries deliveries, CancellationToken stopping)
    {
        var store = services.GetRequiredService<IRealtimeEventStore>();
        deliveries.Ready();
        try
        {
            await foreach (var stored in store.SubscribeAsync(EventVersion.Zero, cancellationToken: stopping))
            {
                deliveries.Add(stored.Version);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Its only end.
        }
    }
}
