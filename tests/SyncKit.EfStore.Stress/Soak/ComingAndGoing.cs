using SyncKit.EfStore.Stress.Writing;

namespace SyncKit.EfStore.Stress.Soak;

/// <summary>Observers and handlers of every sort that come, stay for a while, and go.</summary>
internal sealed class ComingAndGoing(IRealtimeEventStore store, int seed) : IAsyncDisposable
{
    private const int Most = 20;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(200);

    private readonly Random _random = new(seed);
    private readonly List<IAsyncDisposable> _here = [];
    private long _came;

    /// <summary>How many came so far.</summary>
    internal long Came => Interlocked.Read(ref _came);

    internal async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Pace, stopping);
                if (_here.Count == Most || (_here.Count > 0 && _random.Next(2) == 0))
                {
                    var leaving = _here[_random.Next(_here.Count)];
                    _here.Remove(leaving);
                    await leaving.DisposeAsync();
                }
                else
                {
                    _here.Add(await ComeAsync(stopping));
                    Interlocked.Increment(ref _came);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var leaving in _here)
        {
            await leaving.DisposeAsync();
        }

        _here.Clear();
    }

    private async Task<IAsyncDisposable> ComeAsync(CancellationToken cancellationToken)
    {
        var stream = $"soak-{_random.Next(SteadyAppends.Streams)}";
        return _random.Next(5) switch
        {
            0 => new Observer(store.ObserveAll()),
            1 => new Observer(store.ObserveStream(stream)),
            2 => new Observer(store.ObserveEventType("Soaked")),
            3 => await store.SubscribeToAllAsync((_, _) => Task.CompletedTask, cancellationToken: cancellationToken),
            _ => await store.SubscribeToStreamAsync(stream, (_, _) => Task.CompletedTask, EventVersion.Zero, cancellationToken),
        };
    }

    private sealed class Observer(IObservable<EventNotification> notifications) : IAsyncDisposable
    {
        private readonly IDisposable _observing = notifications.Subscribe(_ => { });

        public ValueTask DisposeAsync()
        {
            _observing.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
