namespace SyncKit.EfStore.Sqlite.Mirroring;

/// <summary>How the mirror stands, for those who look and for those who wait. Safe for any number of threads.</summary>
internal sealed class MirrorStatusBoard(TimeProvider time)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = New();
    private MirrorStatus? _now;

    internal MirrorStatus Now => _now ?? throw new InvalidOperationException("Bug in SyncKit.EfStore: a status that was never set.");

    /// <summary>Told of every change of the state, of the lead and of the problem, one after the other.</summary>
    internal Action<MirrorStatus>? Changed { get; set; }

    /// <summary>A place begins to lead.</summary>
    internal void Lead(string leader, string follower) =>
        Set(_ => new MirrorStatus(MirrorState.Following, leader, follower, EventVersion.Zero, null, time.GetUtcNow(), null));

    internal void Set(Func<MirrorStatus, MirrorStatus> change)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            var before = _now;
            var after = change(before!);
            if (before is not null && before.Leader == after.Leader && before.State == after.State)
            {
                after = after with { Since = before.Since };
            }

            _now = after;
            (changed, _changed) = (_changed, New());
            if (before?.State != after.State || before.Leader != after.Leader || before.Problem != after.Problem)
            {
                Changed?.Invoke(after);
            }
        }

        changed.TrySetResult();
    }

    internal void Set(MirrorState state, string? problem) => Set(now => now with { State = state, Problem = problem, Since = time.GetUtcNow() });

    /// <summary>Ends when the status is as asked.</summary>
    internal async Task<MirrorStatus> WaitAsync(Func<MirrorStatus, bool> isThere, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (isThere(Now))
                {
                    return Now;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
