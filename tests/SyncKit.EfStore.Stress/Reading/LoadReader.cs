using Microsoft.Extensions.DependencyInjection;
using SyncKit.EfStore.Stress.Checking;

namespace SyncKit.EfStore.Stress.Reading;

/// <summary><c>LoadAsync(since)</c>, polled: stops at the settled mark, so the last version is a safe cursor.</summary>
internal sealed class LoadReader : ILogReader
{
    public string Name => "LoadAsync";

    public DeliveryOrder Order => DeliveryOrder.ByVersion;

    public Task FollowAsync(IServiceProvider services, Deliveries deliveries, CancellationToken stopping) =>
        PolledReader.FollowAsync(services.GetRequiredService<IEventStore>().LoadAsync, deliveries.Add, deliveries.Ready, stopping);
}
