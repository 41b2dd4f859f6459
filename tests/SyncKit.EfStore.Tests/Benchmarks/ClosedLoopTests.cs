using Microsoft.Extensions.Time.Testing;
using SyncKit.EfStore.Benchmarks.Measuring;

namespace SyncKit.EfStore.Tests.Benchmarks;

/// <summary>What a closed loop counts and what it does not.</summary>
[TestClass]
public sealed class ClosedLoopTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    [TestMethod]
    public async Task Stops_for_all_where_there_is_nothing_left_and_counts_every_call_once()
    {
        var left = 1_000;
        var loop = new ClosedLoop(8, _ => Task.FromResult(Interlocked.Decrement(ref left) >= 0));

        var load = await loop.RunAsync(Long, CancellationToken.None);

        Assert.AreEqual((1_000, 0), (load.Calls, Math.Max(0, left)));
    }

    [TestMethod]
    public async Task A_caller_that_finds_nothing_left_after_a_rest_does_not_take_back_the_calls_of_others()
    {
        var clock = new FakeTimeProvider();
        var restedBegan = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var othersEnded = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var others = 0;
        var loop = new ClosedLoop(
            2,
            async caller =>
            {
                if (caller == 0)
                {
                    // Began at 0 s. The other caller is at its eleventh call when this one goes on: ten have ended by 10 s.
                    restedBegan.SetResult();
                    await othersEnded.Task;
                    return false;
                }

                await restedBegan.Task;
                if (++others > 10)
                {
                    othersEnded.TrySetResult();
                    return false;
                }

                clock.Advance(TimeSpan.FromSeconds(1));
                return true;
            },
            clock);

        var load = await loop.RunAsync(Long, CancellationToken.None);

        Assert.AreEqual((10, 10, 1.0), (load.Calls, load.InTime, load.PerSecond));
    }

    [TestMethod]
    public async Task A_call_that_ends_after_the_stretch_adds_its_latency_and_no_throughput()
    {
        var clock = new FakeTimeProvider();
        var slowBegan = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var slowEnds = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var others = 0;
        var loop = new ClosedLoop(
            2,
            async caller =>
            {
                if (caller == 0)
                {
                    slowBegan.SetResult();
                    return await slowEnds.Task;
                }

                // Without this the stretch could be over before the slow caller's thread has run at all.
                await slowBegan.Task;
                if (++others == 100)
                {
                    clock.Advance(Long + Long);
                    slowEnds.SetResult(true);
                }

                return true;
            },
            clock);

        var load = await loop.RunAsync(Long, CancellationToken.None);

        // The slow one and the one that ended it are late.
        Assert.AreEqual((101, 99), (load.Calls, load.InTime));
    }

    [TestMethod]
    public async Task A_warm_up_calls_exactly_so_often_however_many_callers_there_are()
    {
        var calls = 0;
        var loop = new ClosedLoop(7, async _ =>
        {
            await Task.Yield();
            Interlocked.Increment(ref calls);
            return true;
        });

        await loop.RunAsync(100, CancellationToken.None);

        Assert.AreEqual(100, calls);
    }

    [TestMethod]
    public async Task A_stretch_in_which_nothing_ended_is_refused()
    {
        var loop = new ClosedLoop(1, _ => Task.FromResult(false));

        await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => loop.RunAsync(Long, CancellationToken.None));
    }
}
