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
    public async Task A_call_that_ends_after_the_stretch_adds_its_latency_and_no_throughput()
    {
        var slowBegan = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var slowEnds = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var (slows, others) = (0, 0);
        var loop = new ClosedLoop(2, async caller =>
        {
            if (caller == 0)
            {
                slowBegan.TrySetResult();

                // Its first call is the one looked at. It may begin one more before the other caller has ended the stretch.
                return ++slows == 1 && await slowEnds.Task;
            }

            // Without this the stretch could be over before the slow caller's thread has run at all.
            await slowBegan.Task;
            if (++others < 100)
            {
                return true;
            }

            // The call that begins here ends the stretch; the slow one ends after it.
            slowEnds.SetResult(true);
            return false;
        });

        var load = await loop.RunAsync(Long, CancellationToken.None);

        Assert.AreEqual((100, 99), (load.Calls, load.InTime));
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
