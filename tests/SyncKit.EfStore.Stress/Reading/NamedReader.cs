using Microsoft.Extensions.DependencyInjection;
using SyncKit.EfStore.Stress.Checking;

namespace SyncKit.EfStore.Stress.Reading;

/// <summary>A named subscription, one for each process that reads.</summary>
internal sealed class NamedReader : ILogReader
{
    // Its handler has no database of its own: what is told twice after a lost connection is told once here, as its own table would have it.
    private readonly HashSet<long> _told = [];
    private readonly TaskCompletionSource<Deliveries> _deliveries = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name => "AddSubscription";

    public DeliveryOrder Order => DeliveryOrder.ByVersion;

    internal static string Subscription { get; } = $"stress-{Environment.ProcessId}";

    public void AddTo(EventStoreBuilder builder)
    {
        builder.Services.AddSingleton(this);
        builder.AddSubscription<Handler>(Subscription);
    }

    public async Task FollowAsync(IServiceProvider services, Deliveries deliveries, CancellationToken stopping)
    {
        _deliveries.TrySetResult(deliveries);
        deliveries.Ready();
        await Task.Delay(Timeout.Infinite, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private sealed class Handler(NamedReader reader) : IEventHandler
    {
        public async Task HandleAsync(StoredEvent stored, CancellationToken cancellationToken)
        {
            var deliveries = await reader._deliveries.Task.WaitAsync(cancellationToken);
            if (reader._told.Add(stored.Version.Value))
            {
                deliveries.Add(stored.Version);
            }
        }
    }
}
