using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Reactive.Threading.Tasks;

namespace SyncKit.EfStore.Subscriptions.Named;

/// <summary>What an instance of a subscription is doing, and the changes of that. Safe for several threads.</summary>
internal sealed class SubscriptionStates(string name, TimeProvider time) : ISubscription, IDisposable
{
    private readonly BehaviorSubject<SubscriptionState> _states =
        new(new SubscriptionState(SubscriptionStatus.Stopped, EventVersion.Zero, time.GetUtcNow()));

    private readonly Lock _lock = new();
    private SubscriptionState? _now; // under _lock; newer than what was told where only the position moved
    private DateTimeOffset _movedAt = time.GetUtcNow(); // under _lock
    private bool _isStoreAway; // under _lock
    private bool _ended; // under _lock

    public string Name => name;

    public SubscriptionState State
    {
        get
        {
            lock (_lock)
            {
                return _now ?? _states.Value;
            }
        }
    }

    /// <summary>Whether it waits for the database, which no restart of this process brings back.</summary>
    internal bool IsStoreAway
    {
        get
        {
            lock (_lock)
            {
                return _isStoreAway;
            }
        }
    }

    /// <summary>When it last saved progress, was last found with nothing to do, or began to work again where it could not or was not to.</summary>
    internal DateTimeOffset MovedAt
    {
        get
        {
            lock (_lock)
            {
                return _movedAt;
            }
        }
    }

    // Only where the status or the error changes: one state for each batch would fill the memory of a slow observer.
    public IObservable<SubscriptionState> States => _states.ObserveOn(TaskPoolScheduler.Default);

    public Task<SubscriptionState> WaitForStateAsync(SubscriptionStatus status, CancellationToken cancellationToken = default) =>
        States.FirstAsync(state => state.Status == status).ToTask(cancellationToken);

    internal void Set(SubscriptionStatus status, long? position = null, long? lag = null, string? error = null, bool isStoreAway = false)
    {
        lock (_lock)
        {
            if (_ended)
            {
                return;
            }

            var before = _now ?? _states.Value;
            var beginsAgain = (_isStoreAway && !isStoreAway) || (status != before.Status && IsHalted(before.Status));
            if (before.Lag == 0 || beginsAgain || (position ?? before.Position.Value) != before.Position.Value)
            {
                _movedAt = time.GetUtcNow();
            }

            _isStoreAway = isStoreAway;

            var changed = status != before.Status || error != before.Error;
            _now = before with
            {
                Status = status,
                Position = position is { } version ? new EventVersion(version) : before.Position,

                // Where the position moved and nobody looked again, the end of the log stays where it was.
                Lag = lag ?? Math.Max(0, before.Lag - ((position ?? before.Position.Value) - before.Position.Value)),
                Error = error,
                Since = status != before.Status ? time.GetUtcNow() : before.Since,
            };
            if (changed)
            {
                _states.OnNext(_now);
            }
        }
    }

    private static bool IsHalted(SubscriptionStatus status) =>
        status is SubscriptionStatus.Stopped or SubscriptionStatus.Standby or SubscriptionStatus.Paused or SubscriptionStatus.Faulted;

    public void Dispose()
    {
        lock (_lock)
        {
            if (!_ended)
            {
                _ended = true;
                _states.OnCompleted();
            }
        }
    }
}
