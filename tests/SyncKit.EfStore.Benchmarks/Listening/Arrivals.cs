using System.Diagnostics;

namespace SyncKit.EfStore.Benchmarks.Listening;

/// <summary>What arrived and when, as a contender takes it; what it means is found out when the clock has stopped. Safe for several threads.</summary>
internal sealed class Arrivals
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Lock _lock = new();
    private readonly List<(string What, long At)> _all = new(65_536);
    private (int Count, TaskCompletionSource Reached) _awaited = (int.MaxValue, new TaskCompletionSource());

    internal void Add(string what)
    {
        var now = Stopwatch.GetTimestamp();
        lock (_lock)
        {
            _all.Add((what, now));
            if (_all.Count >= _awaited.Count)
            {
                _awaited.Reached.TrySetResult();
            }
        }
    }

    /// <summary>All of them, once there are so many.</summary>
    /// <exception cref="TimeoutException">They do not come: whoever lost one has measured nothing.</exception>
    internal async Task<IReadOnlyList<(string What, long At)>> TakeAsync(int count, CancellationToken cancellationToken)
    {
        Task reached;
        lock (_lock)
        {
            _awaited = (count, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            if (_all.Count >= count)
            {
                _awaited.Reached.SetResult();
            }

            reached = _awaited.Reached.Task;
        }

        await reached.WaitAsync(Patience, cancellationToken);
        lock (_lock)
        {
            return [.. _all];
        }
    }
}
