using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;

namespace SyncKit.EfStore.Notifications;

/// <summary>The listener's state now, and its changes as an observable whose observers cannot hold the listener up. Safe for several threads.</summary>
internal sealed class ListenerStates : IDisposable
{
    private readonly BehaviorSubject<ListenerState> _states = new(new ListenerState(ListenerStatus.Stopped));
    private readonly Lock _lock = new();
    private bool _completed;

    internal ListenerState Now => _states.Value;

    /// <summary>The state now, then every change, each observer on threads of its own.</summary>
    internal IObservable<ListenerState> All => _states.ObserveOn(TaskPoolScheduler.Default);

    internal void Set(ListenerState state)
    {
        lock (_lock)
        {
            if (!_completed)
            {
                _states.OnNext(state);
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (!_completed)
            {
                _completed = true;
                _states.OnCompleted();
            }
        }
    }
}
