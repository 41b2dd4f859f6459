using Microsoft.Extensions.Time.Testing;

namespace SyncKit.EfStore.Tests.Ordering;

/// <summary>A clock that a test moves, and that knows how often somebody asked to be woken.</summary>
internal sealed class CountedTime : FakeTimeProvider
{
    private int _timers;

    internal int Timers => Volatile.Read(ref _timers);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        // Counted once it is set: whoever sees the count moves the clock.
        var timer = base.CreateTimer(callback, state, dueTime, period);
        Interlocked.Increment(ref _timers);
        return timer;
    }
}
