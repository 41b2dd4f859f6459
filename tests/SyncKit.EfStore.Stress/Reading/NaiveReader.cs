using Microsoft.Extensions.DependencyInjection;
using SyncKit.EfStore.Stress.Checking;

namespace SyncKit.EfStore.Stress.Reading;

/// <summary>
/// <c>version &gt; cursor</c> over everything visible. Loses what becomes visible below its cursor, and so proves that the stress is one:
/// where even this reader loses nothing, the others were never put to the test.
/// </summary>
internal sealed class NaiveReader : ILogReader
{
    public string Name => "naive";

    public DeliveryOrder Order => DeliveryOrder.ByVersion;

    public bool IsControl => true;

    public Task FollowAsync(IServiceProvider services, Deliveries deliveries, CancellationToken stopping)
    {
        var store = services.GetRequiredService<IEventStore>();
        return PolledReader.FollowAsync(
            (cursor, cancellationToken) => store.ReadAsync(new EventQuery { After = cursor, IncludeUnsettled = true }, cancellationToken),
            deliveries.Add,
            deliveries.Ready,
            stopping);
    }
}
