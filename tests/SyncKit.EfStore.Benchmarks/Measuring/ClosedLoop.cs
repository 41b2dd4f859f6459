namespace SyncKit.EfStore.Benchmarks.Measuring;

/// <summary>
/// So many callers, each beginning its next call when the last one has ended. Calls that are under way when the stretch ends are awaited:
/// their latency counts, or long ones would be left out, but they add nothing to the throughput.
/// </summary>
/// <param name="callers">How many at a time.</param>
/// <param name="call">One call of a caller, 0 to callers − 1; false where there is nothing left to call with, which ends the stretch for all.</param>
/// <param name="clock">What a stretch and its calls are timed by; the system's where none is given.</param>
internal sealed class ClosedLoop(int callers, Func<int, Task<bool>> call, TimeProvider? clock = null)
{
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;

    /// <summary>Calls until the time is up.</summary>
    /// <exception cref="InvalidOperationException">No call ended in time.</exception>
    internal async Task<Load> RunAsync(TimeSpan length, CancellationToken cancellationToken)
    {
        var start = _clock.GetTimestamp();
        var end = start + (long)(length.TotalSeconds * _clock.TimestampFrequency);
        var loops = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(() => LoopAsync(caller), cancellationToken)));

        var inTime = loops.Sum(loop => loop.Count(one => one.End <= end));
        if (inTime == 0)
        {
            throw new InvalidOperationException($"No call of {callers} callers ended within {length.TotalSeconds:0.0} s.");
        }

        var took = _clock.GetElapsedTime(start, end);
        var latencies = loops.SelectMany(loop => loop.Select(one => _clock.GetElapsedTime(one.Start, one.End).TotalMilliseconds)).Order().ToArray();
        return new Load(
            inTime / took.TotalSeconds,
            Statistics.Percentile(latencies, 0.50),
            Statistics.Percentile(latencies, 0.99),
            took.TotalMilliseconds / inTime,
            latencies.Length,
            inTime);

        async Task<List<(long Start, long End)>> LoopAsync(int caller)
        {
            var calls = new List<(long Start, long End)>(16_384);
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var began = _clock.GetTimestamp();
                if (began >= Interlocked.Read(ref end))
                {
                    return calls;
                }

                if (!await call(caller))
                {
                    // Not when this call began: its thread may have rested since then, while others made all the calls there were.
                    EndNoLaterThan(_clock.GetTimestamp());
                    return calls;
                }

                calls.Add((began, _clock.GetTimestamp()));
            }
        }

        // Several callers may find nothing left at once: the earliest of them ends the stretch, whoever comes here last.
        void EndNoLaterThan(long moment)
        {
            var seen = Interlocked.Read(ref end);
            while (moment < seen)
            {
                var before = Interlocked.CompareExchange(ref end, moment, seen);
                if (before == seen)
                {
                    return;
                }

                seen = before;
            }
        }
    }

    /// <summary>Calls so often, whatever time it takes: a warm-up that leaves every contender's table equally large.</summary>
    internal Task RunAsync(int calls, CancellationToken cancellationToken)
    {
        var left = calls;
        return Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(() => LoopAsync(caller), cancellationToken)));

        async Task LoopAsync(int caller)
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!await call(caller))
                {
                    throw new InvalidOperationException($"There is nothing left to call with after {calls - left} of {calls} calls.");
                }
            }
        }
    }
}
