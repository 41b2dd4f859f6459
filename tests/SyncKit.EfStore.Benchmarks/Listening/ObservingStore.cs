using System.Reactive;
using System.Reactive.Linq;
using Microsoft.Extensions.DependencyInjection;
using SyncKit.EfStore.Benchmarks.Contenders;
using SyncKit.EfStore.Notifications;

namespace SyncKit.EfStore.Benchmarks.Listening;

/// <summary>The store as an application observes it, with its defaults unless told.</summary>
internal sealed class ObservingStore : INotified
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Store _store;

    private ObservingStore(Store store) => _store = store;

    public Arrivals Arrivals { get; } = new();

    /// <summary>Observes all events.</summary>
    internal static Task<INotified> StartAsync(string connectionString, CancellationToken cancellationToken) =>
        StartAsync(connectionString, null, [null], cancellationToken);

    /// <summary>Observes streams, each with an observer of its own; null for all events.</summary>
    internal static async Task<INotified> StartAsync(
        string connectionString, Action<EventStoreOptions>? configure, IEnumerable<string?> streams, CancellationToken cancellationToken)
    {
        var observing = new ObservingStore(new Store(connectionString, configure));
        try
        {
            var store = observing._store.Services.GetRequiredService<IRealtimeEventStore>();
            var arrived = Observer.Create<EventNotification>(notification => observing.Arrivals.Add(notification.Id));
            foreach (var stream in streams)
            {
                (stream is null ? store.ObserveAll() : store.ObserveStream(stream)).Subscribe(arrived);
            }

            await store.ListenerStates.FirstAsync(state => state.Status == ListenerStatus.Live).Timeout(Patience);
            await observing._store.Services.GetRequiredService<NotificationHub>().WhenAllInPlaceAsync(Patience, cancellationToken);
            return observing;
        }
        catch
        {
            await observing.DisposeAsync();
            throw;
        }
    }

    public string IdOf(string what) => what;

    public ValueTask DisposeAsync() => _store.DisposeAsync();
}
