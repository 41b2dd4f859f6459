using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SyncKit.EfStore.Diagnostics;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Ordering;

/// <summary>
/// The version up to which everything is committed or will never appear: one for each store, shared by all its readers.
/// </summary>
/// <remarks>
/// One task, the pump, looks at the log while somebody waits, and owns the <see cref="SettledHorizon"/>. Whoever comes is answered by a look that
/// began after he came, so that what was committed before his call is covered; all who come during a look share the next one. Each look is a
/// statement of its own on a connection that goes back to the pool, never part of anyone's transaction: an old snapshot would lose events.
/// </remarks>
internal sealed class SettledMark : ISettledMark, IAsyncDisposable, IDisposable
{
    // A reader is held back by an append that stays open, never by anything else. Past this it goes on with what is settled: later, not less.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstPoll = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan LongestPoll = TimeSpan.FromMilliseconds(50);

    // Nobody waits any more, but someone holds the mark back: he is to be named soon, and his end is to be told.
    private static readonly TimeSpan WatchPoll = TimeSpan.FromSeconds(1);

    private readonly EventStoreConnections _connections;
    private readonly TimeSpan _idlePoll;
    private readonly TimeProvider _time;
    private readonly ILogger<SettledMark> _logger;
    private readonly CancellationTokenSource _stopping = new();
    private long _mark;
    private long _highest;

    // Shared by all threads, under _lock.
    private readonly Lock _lock = new();
    private readonly List<MarkWaiter> _waiting = []; // told by the next look or a later one
    private readonly List<MarkWaiter> _arrived = []; // since the last look began
    private readonly List<SettledMarkHolder> _toPassOver = [];
    private TaskCompletionSource _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _pumping;
    private bool _disposed;
    private Task _pump = Task.CompletedTask;

    // Owned by the pump.
    private readonly SettledHorizon _horizon = new();
    private readonly HolderWatch _watch;
    private readonly LockReadBudget _budget;

    public SettledMark(
        EventStoreConnections connections,
        EventStoreMetrics metrics,
        IOptions<EventStoreOptions> options,
        TimeProvider time,
        ILogger<SettledMark> logger)
    {
        _connections = connections;
        _idlePoll = options.Value.PollInterval;
        _time = time;
        _logger = logger;
        _watch = new HolderWatch(time, logger);
        _budget = new LockReadBudget(time);
        metrics.ShowSettledMark(() => Current, () => (_watch.Holder, _watch.HeldFor));
    }

    public EventVersion Version => new(Current);

    public SettledMarkHolder? Holder => _watch.Holder;

    /// <summary>The mark as it was last seen; 0 before the first look.</summary>
    internal long Current => Volatile.Read(ref _mark);

    /// <summary>The highest version of the log as it was last seen; 0 before the first look.</summary>
    internal long Highest => Volatile.Read(ref _highest);

    // Of the last look; only the pump asks.
    private bool IsHeldBack => _horizon.HeldBy is not null || _watch.Holder is not null;

    /// <summary>For how long the one named as holder has been seen by now.</summary>
    internal TimeSpan HeldFor => _watch.HeldFor;

    /// <summary>One look at the log, held back or not: afterwards all that is told here is of now.</summary>
    internal Task LookAsync(CancellationToken cancellationToken) =>
        _connections.TranslateAsync(() => WaitAsync(new MarkWaiter(target: 0), cancellationToken));

    /// <summary>The same, for who found the log held back and goes on: whoever holds it is named after a while.</summary>
    internal void LookSoon()
    {
        var waiter = new MarkWaiter(target: 0);
        _ = waiter.Answer.ContinueWith(
            answer => answer.Exception, // A failed look names nobody, and is nobody's trouble.
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        TryEnter(waiter);
    }

    /// <summary>Moves the mark to the highest version visible now, once the appends open below it have ended.</summary>
    /// <returns>
    /// The mark: that version or a later one. Where an append stays open for more than five seconds, what is settled in spite of it.
    /// </returns>
    internal Task<long> AdvanceAsync(CancellationToken cancellationToken) => AdvanceAsync(0, cancellationToken);

    /// <summary>The same for a reader that knows everything up to a version to be settled, his cursor.</summary>
    /// <returns>
    /// As above; held back, at least where the versions that follow <paramref name="since"/> without a gap end, in a process too that
    /// has only just begun and knows of no mark.
    /// </returns>
    internal async Task<long> AdvanceAsync(long since, CancellationToken cancellationToken)
    {
        var (mark, isHeldBack) = await WaitAsync(new MarkWaiter(target: null), cancellationToken).ConfigureAwait(false);
        if (!isHeldBack)
        {
            return mark;
        }

        await using var connection = await _connections.OpenUnenlistedAsync(cancellationToken).ConfigureAwait(false);
        return await SequenceLocks.RunEndAsync(connection, Math.Max(since, mark), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// The same for a reader that has come to a position and goes on from there: held back, he gets at once what is settled above it, or, after
    /// five seconds in which nothing is, the news that he is held back.
    /// </summary>
    internal Task<(long Mark, bool IsHeldBack)> AdvanceBeyondAsync(long position, CancellationToken cancellationToken) =>
        WaitAsync(new MarkWaiter(target: null, position), cancellationToken);

    /// <summary>Ends when the mark is above a version, and returns the mark.</summary>
    internal async Task<long> WaitBeyondAsync(long version, CancellationToken cancellationToken)
    {
        var mark = Current;
        return mark > version
            ? mark
            : (await WaitAsync(new MarkWaiter(target: version + 1), cancellationToken).ConfigureAwait(false)).Mark;
    }

    public async Task WaitUntilSettledAsync(EventVersion version, CancellationToken cancellationToken = default)
    {
        if (version > EventVersion.Zero)
        {
            await _connections.TranslateAsync(() => WaitBeyondAsync(version.Value - 1, cancellationToken)).ConfigureAwait(false);
        }
    }

    public async Task<EventVersion> AcceptLossAsync(SettledMarkHolder holder, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(holder);
        lock (_lock)
        {
            _toPassOver.Add(holder);
        }

        return new EventVersion(await _connections.TranslateAsync(() => AdvanceAsync(cancellationToken)).ConfigureAwait(false));
    }

    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await _pump.ConfigureAwait(false);
        _stopping.Dispose();
    }

    /// <summary>For a container that is disposed synchronously: signals the end without waiting for it.</summary>
    public void Dispose() => _ = DisposeAsync().AsTask();

    private async Task<(long Mark, bool IsHeldBack)> WaitAsync(MarkWaiter waiter, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(!TryEnter(waiter), this);
        try
        {
            return await waiter.Answer.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (!waiter.Answer.IsCompleted)
            {
                Leave(waiter);
            }
        }
    }

    private bool TryEnter(MarkWaiter waiter)
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return false;
            }

            _arrived.Add(waiter);
            _wake.TrySetResult();
            if (!_pumping)
            {
                _pumping = true;

                // The pump must not inherit the transaction of whoever came first.
                _pump = CallerContext.Without(() => Task.Run(PumpAsync));
            }

            return true;
        }
    }

    private void Leave(MarkWaiter waiter)
    {
        lock (_lock)
        {
            _arrived.Remove(waiter);
            _waiting.Remove(waiter);
        }
    }

    private async Task PumpAsync()
    {
        var poll = FirstPoll;
        while (GoesOn())
        {
            try
            {
                var before = _horizon.Mark;
                var someoneCame = await LookAsync().ConfigureAwait(false);
                poll = someoneCame || _horizon.Mark > before ? FirstPoll : poll * 2 < LongestPoll ? poll * 2 : LongestPoll;
                await PauseAsync(poll).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                // Everyone who waits is told, and may come again. What holders are called belongs to the server that was lost.
                _horizon.Forget();
                _watch.Forget();
                Fail(error);
            }
        }
    }

    /// <summary>Whether there is a reason for another look; where not, the next one who comes starts the pump again.</summary>
    private bool GoesOn()
    {
        lock (_lock)
        {
            _pumping = _arrived.Count > 0 || _waiting.Count > 0 || IsHeldBack;
            return _pumping;
        }
    }

    /// <summary>One look at the log, and the answers it gives. Returns whether anyone had come for it.</summary>
    private async Task<bool> LookAsync()
    {
        await Task.Delay(_budget.Wait(), _time, _stopping.Token).ConfigureAwait(false);
        var someoneCame = BeginLook();
        await using var connection = await _connections.OpenAsync(_stopping.Token).ConfigureAwait(false);
        var seen = await LookAsync(connection).ConfigureAwait(false);
        while (!_horizon.Observe(seen, _time.GetUtcNow()))
        {
            Log.LogWentBack(_logger, Current, seen.Highest);
            Disorient();
            seen = await LookAsync(connection).ConfigureAwait(false);
        }

        if (seen.Holders is not null)
        {
            _budget.Take();
        }

        Volatile.Write(ref _mark, _horizon.Mark);
        Volatile.Write(ref _highest, _horizon.Highest);
        Answer();
        await _watch.LookAsync(connection, _horizon, _stopping.Token).ConfigureAwait(false);
        return someoneCame;
    }

    private Task<LogObservation> LookAsync(NpgsqlConnection connection) =>
        SequenceLocks.LookAsync(connection, _horizon, _connections.Target, _stopping.Token);

    /// <summary>From here on, whoever comes is for the next look.</summary>
    private bool BeginLook()
    {
        lock (_lock)
        {
            foreach (var holder in _toPassOver)
            {
                if (_horizon.PassOver(holder.VirtualTransaction, holder.SeenSince))
                {
                    Log.LossAccepted(_logger, holder, _horizon.Mark, _horizon.Highest);
                }
            }

            _toPassOver.Clear();
            _wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.AddRange(_arrived);
            var someoneCame = _arrived.Count > 0;
            _arrived.Clear();
            return someoneCame;
        }
    }

    private void Answer()
    {
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            _waiting.ForEach(waiter => waiter.Aim(_horizon.Highest, now));
            _waiting.RemoveAll(waiter => waiter.TryAnswer(_horizon.Mark, _time, Patience));
        }
    }

    private void Disorient()
    {
        lock (_lock)
        {
            _waiting.ForEach(waiter => waiter.Disorient());
        }
    }

    private void Fail(Exception error)
    {
        lock (_lock)
        {
            // Who came during the failed look has the next one, where there is a next.
            if (_disposed)
            {
                _waiting.AddRange(_arrived);
                _arrived.Clear();
                error = new ObjectDisposedException(nameof(SettledMark));
            }

            _waiting.ForEach(waiter => waiter.Fail(error));
            _waiting.Clear();
        }
    }

    /// <summary>Until the next look is due, or somebody comes.</summary>
    private async Task PauseAsync(TimeSpan poll)
    {
        Task wake;
        lock (_lock)
        {
            if (_arrived.Count == 0 && _waiting.Count == 0 && !IsHeldBack)
            {
                return;
            }

            wake = _wake.Task;
            poll = _waiting.Count == 0 ? WatchPoll : _horizon.Mark < _horizon.Highest ? poll : _idlePoll;
        }

        using var pausing = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        await Task.WhenAny(wake, Task.Delay(poll, _time, pausing.Token)).ConfigureAwait(false);
        await pausing.CancelAsync().ConfigureAwait(false);
        _stopping.Token.ThrowIfCancellationRequested();
    }
}
