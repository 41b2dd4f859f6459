using System.Threading.Channels;

namespace SyncKit.EfStore.Sqlite.Mirroring;

/// <summary>
/// Keeps the follower up to date: copies what the leader has beyond the follower's own record of the copy, then compares the counts, then waits
/// for an append or the poll interval. One loop for as long as one place leads.
/// </summary>
internal sealed class Follower(MirrorPlace leader, MirrorPlace follower, MirrorOptions options, MirrorStatusBoard board, TimeProvider time)
    : IAsyncDisposable, IProgress<EventCopyProgress>
{
    private static readonly TimeSpan FirstRetryDelay = TimeSpan.FromMilliseconds(100);

    private readonly FollowerCheck _check = new(leader, follower);
    private readonly CancellationTokenSource _stopping = new();

    // One waits at most: an append that finds one there is copied with it.
    private readonly Channel<bool> _lookAgain = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private Task _running = Task.CompletedTask;

    // Only the loop touches it: the version up to which the leader was copied and compared.
    private EventVersion _followed;
    private bool _isFollowedKnown;

    internal void Start()
    {
        board.Lead(leader.Name, follower.Name);
        _running = Task.Run(() => RunAsync(_stopping.Token));
    }

    /// <summary>The leader has more.</summary>
    internal void LookAgain() => _lookAgain.Writer.TryWrite(true);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task RunAsync(CancellationToken stopping)
    {
        var failures = 0;
        while (!stopping.IsCancellationRequested)
        {
            TimeSpan pause;
            try
            {
                var isComplete = await FollowAsync(stopping).ConfigureAwait(false);
                failures = 0;
                pause = isComplete ? options.PollInterval : FirstRetryDelay;
            }
            catch (Exception) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is FollowerDifferenceException or EventCopyException)
            {
                board.Set(MirrorState.Faulted, error.Message);
                pause = options.MaxRetryDelay;
            }
            catch (Exception error)
            {
                await TellWhoIsAwayAsync(error, stopping).ConfigureAwait(false);
                var doublings = Math.Min(failures++, 20);
                pause = TimeSpan.FromTicks(Math.Min(FirstRetryDelay.Ticks << doublings, options.MaxRetryDelay.Ticks));
            }

            // After a failure an append does not hasten the next attempt: there are many, and each would fail.
            await PauseAsync(pause, interruptible: failures == 0 && board.Now.State != MirrorState.Faulted, stopping).ConfigureAwait(false);
        }
    }

    /// <returns>Whether the follower was found to hold everything the leader had.</returns>
    private async Task<bool> FollowAsync(CancellationToken cancellationToken)
    {
        var upTo = await leader.Source.GetLatestVersionAsync(cancellationToken).ConfigureAwait(false);
        if (upTo > _followed || board.Now.State != MirrorState.Following)
        {
            await CountBehindAsync(upTo, cancellationToken).ConfigureAwait(false);
            var copied = await new EventCopier(leader.Source, follower.Target).CopyAsync(progress: this, cancellationToken: cancellationToken)
                .ConfigureAwait(false);
            upTo = copied.UpTo;
        }

        if (!await _check.RunAsync(upTo, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        (_followed, _isFollowedKnown) = (upTo, true);
        board.Set(now => now with { State = MirrorState.Following, FollowedUpTo = upTo, Behind = 0, Problem = null, Since = time.GetUtcNow() });
        return true;
    }

    /// <summary>Told by the copy after each batch.</summary>
    void IProgress<EventCopyProgress>.Report(EventCopyProgress value) => board.Set(now => now with { Behind = value.Total - value.Done });

    private async Task CountBehindAsync(EventVersion upTo, CancellationToken cancellationToken)
    {
        if (_isFollowedKnown)
        {
            var behind = await leader.Source.CountAsync(_followed, upTo, cancellationToken).ConfigureAwait(false);
            board.Set(now => now with { Behind = behind });
        }
    }

    private async Task TellWhoIsAwayAsync(Exception error, CancellationToken stopping)
    {
        try
        {
            var latest = await leader.Source.GetLatestVersionAsync(stopping).ConfigureAwait(false);
            await CountBehindAsync(latest, stopping).ConfigureAwait(false);
            board.Set(MirrorState.FollowerUnreachable, error.Message);
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
        }
        catch (Exception ofLeader)
        {
            board.Set(MirrorState.LeaderUnreachable, ofLeader.Message);
        }
    }

    private async Task PauseAsync(TimeSpan pause, bool interruptible, CancellationToken stopping)
    {
        using var over = new CancellationTokenSource(pause, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, stopping);
        try
        {
            if (interruptible)
            {
                await _lookAgain.Reader.ReadAsync(either.Token).ConfigureAwait(false);
            }
            else
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, time, either.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }
}
