namespace SyncKit.EfStore.Subscriptions.Named;

/// <summary>
/// Renews a lease at each third of its length, beside whatever the handler does, and brings back what was asked of the subscription. It is
/// lost when the row says so, or when no renewal has come through for its whole length.
/// </summary>
internal sealed class LeaseKeeper : IAsyncDisposable
{
    private readonly CheckpointTable _table;
    private readonly Lease _lease;
    private readonly TimeSpan _duration;
    private readonly TimeProvider _time;
    private readonly Action _changed;
    private readonly LookAgain _now;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _keeping;
    private volatile LeaseLook _look;

    /// <param name="table">The rows.</param>
    /// <param name="lease">As it was acquired.</param>
    /// <param name="look">What came with it.</param>
    /// <param name="duration">Its length.</param>
    /// <param name="acquired">This process's time stamp from before it was acquired.</param>
    /// <param name="time">The clock of this process, for when to renew and when to give up.</param>
    /// <param name="changed">Called when <see cref="Look"/> says something new.</param>
    internal LeaseKeeper(
        CheckpointTable table, Lease lease, LeaseLook look, TimeSpan duration, long acquired, TimeProvider time, Action changed)
    {
        _table = table;
        _lease = lease;
        _look = look;
        _duration = duration;
        _time = time;
        _changed = changed;
        _now = new LookAgain(time);
        _keeping = Task.Run(() => KeepAsync(acquired));
    }

    /// <summary>Cancelled when the lease is no longer this instance's.</summary>
    internal CancellationToken Lost => _lost.Token;

    /// <summary>What the last renewal saw.</summary>
    internal LeaseLook Look => _look;

    /// <summary>Renews at once, since something was asked in this very process.</summary>
    internal void LookNow() => _now.Set();

    /// <summary>The replay that was asked for has been done.</summary>
    internal void Replayed() => _look = _look with { ReplayAsked = false };

    /// <summary>The row says now that it is faulted; seen here before the next renewal.</summary>
    internal void Halted(string error) => _look = _look with { Status = LeaseLook.Faulted, Error = error };

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _keeping.ConfigureAwait(false);
        await _now.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
        _lost.Dispose();
    }

    private async Task KeepAsync(long renewed)
    {
        var pause = _duration / 3;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await _now.WaitAsync(pause, _stopping.Token).ConfigureAwait(false);
                var begun = _time.GetTimestamp();
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
                patience.CancelAfter(Left(renewed));
                if (await _table.RenewAsync(_lease, _duration, patience.Token).ConfigureAwait(false) is not { } look)
                {
                    break;
                }

                renewed = begun;
                pause = _duration / 3;
                if (look != _look)
                {
                    _look = look;
                    _changed();
                }
            }
            catch (Exception) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception)
            {
                // The loop of the subscription will meet the same trouble and tell of it; here only the time counts.
                if (_time.GetElapsedTime(renewed) >= _duration)
                {
                    break;
                }

                pause = TimeSpan.FromTicks(Math.Min(_duration.Ticks / 10, Left(renewed).Ticks));
            }
        }

        await _lost.CancelAsync().ConfigureAwait(false);
    }

    private TimeSpan Left(long renewed)
    {
        var left = _duration - _time.GetElapsedTime(renewed);
        return left > TimeSpan.Zero ? left : TimeSpan.FromMilliseconds(1);
    }
}
