namespace SyncKit.EfStore.Ordering;

/// <summary>Someone who waits for the mark. Changed under the lock of <see cref="SettledMark"/> only.</summary>
/// <param name="target">Waits until the mark is here; null for the highest version of the next look.</param>
/// <param name="position">Where the mark is above this after that look, there is something to go on with, and the wait ends.</param>
internal sealed class MarkWaiter(long? target, long position = long.MaxValue)
{
    private readonly TaskCompletionSource<(long Mark, bool IsHeldBack)> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private long? _patienceStarted;
    private long? _target = target;

    /// <summary>Waits as long as it takes, instead of going on with less after a while.</summary>
    internal bool IsPatient { get; } = target is not null;

    internal Task<(long Mark, bool IsHeldBack)> Answer => _answer.Task;

    /// <summary>Takes the highest version of a look that began after this waiter came; the first such look counts.</summary>
    internal void Aim(long highest, long now)
    {
        _target ??= highest;
        _patienceStarted ??= IsPatient ? null : now;
    }

    /// <summary>Waits for the next look again, since the log no longer has what the one before showed.</summary>
    internal void Disorient() => _target = IsPatient ? _target : null;

    /// <summary>Answers where the mark is far enough, or where patience has passed.</summary>
    internal bool TryAnswer(long mark, TimeProvider time, TimeSpan patience)
    {
        if (mark >= _target || (_target is not null && mark > position))
        {
            return _answer.TrySetResult((mark, IsHeldBack: mark < _target));
        }

        return _patienceStarted is { } started && time.GetElapsedTime(started) > patience && _answer.TrySetResult((mark, IsHeldBack: true));
    }

    internal void Fail(Exception error) => _answer.TrySetException(error);
}
