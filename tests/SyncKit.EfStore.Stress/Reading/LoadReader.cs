using Microsoft.Extensions.DependencyInjection;
using SyncKit.EfStore.Stress.Checking;

namespace SyncKit.EfStore.Stress.Reading;

/// <summary><c>LoadAsync(since)</c>, polled: stops at the settled mark, so the last version is a safe cursor.</summary>
internal sealed class LoadReader : ILogReader
{
    public string Name => "LoadAsync";

    public DeliveryOrder Order => DeliveryOrder.ByVersion;

    // A call covers what was committed before it. One that sees events on both sides of an open append therefore waits, for at most this long, and
    // only then returns those before it.
    public TimeSpan MayWait => TimeSpan.FromSeconds(5);

    public Task FollowAsync(IServiceProvider services, Deliveries deliveries, CancellationToken stopping) =>
        PolledReader.FollowAsync(services.GetRequiredService<IEventStore>().LoadAsync, deliveries.Add, deliveries.Ready, stopping);
}
