using SyncKit.EfStore.Diagnostics;

namespace SyncKit.EfStore.Appending;

/// <summary>
/// Lets appends that arrive while others are in flight travel together: one statement and one commit for all of them. NOTIFY takes a
/// cluster-wide lock at commit and keeps it through the flush, so notifying commits queue; fewer of them carry more.
/// </summary>
/// <remarks>
/// <code>
/// call ─┬→ alone, where nothing is in flight ─────→ answered
///       └→ waiting ─┬→ group (at most two at once) ─┬→ answered
///                   │        a stream or id is held ↓
///                   └──────────────────────→ lane of that stream ─→ answered
/// </code>
/// Leader and followers, no timer: a call that finds nothing in flight goes at once, alone; who comes meanwhile forms a group, and who comes
/// while groups are in flight goes together when one ends. Streams of a group in flight are left out of the next, so that two of ours never wait for each other. Whoever would
/// have to wait for a transaction of somebody else leaves the group for the lane of that stream, which has a connection of its own; later
/// appends to the stream follow there, so the order of the calls is kept within a stream.
/// </remarks>
internal sealed class GroupCommit : IAsyncDisposable, IDisposable
{
    // One executes while the other one's commit is flushed.
    private const int MaxGroups = 2;

    // Beyond this callers wait before they are even queued.
    private const int MaxWaiting = 4_096;

    private readonly Appender _appender;
    private readonly bool _together;
    private readonly int _maxLanes;
    private readonly SemaphoreSlim _room = new(MaxWaiting, MaxWaiting);
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // All below under _lock.
    private readonly Lock _lock = new();
    private readonly List<PendingAppend> _waiting = [];
    private readonly HashSet<string> _inFlight = new(StringComparer.Ordinal); // streams of the groups that run
    private readonly Dictionary<string, Lane> _lanes = new(StringComparer.Ordinal);
    private readonly Queue<Lane> _lanesWaiting = new();
    private bool _isOneAlone;
    private int _groups;
    private int _callsInFlight; // of the groups that run
    private int _lanesRunning;
    private int _calls;
    private bool _disposed;

    /// <param name="appender">Runs a group.</param>
    /// <param name="together">False: every call is a transaction of its own.</param>
    /// <param name="maxLanes">So many streams at most keep a connection waiting; one at least.</param>
    internal GroupCommit(Appender appender, bool together, int maxLanes)
    {
        _appender = appender;
        _together = together;
        _maxLanes = Math.Max(1, maxLanes);
    }

    /// <summary>Appends, and returns once it is committed. Cancellation touches this call alone: what it asked for is stored or is not.</summary>
    internal async Task<AppendResult> AppendAsync(AppendRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(IEventStore));
            _calls++;
        }

        try
        {
            if (System.Transactions.Transaction.Current is not null)
            {
                var joined = new PendingAppend(request);
                await _appender.RunAmbientAsync(joined, cancellationToken).ConfigureAwait(false);
                return await joined.Answer.ConfigureAwait(false);
            }

            await _room.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                var append = new PendingAppend(request);
                await using var cancelled = cancellationToken
                    .UnsafeRegister(static (state, token) => ((PendingAppend)state!).Cancel(token), append).ConfigureAwait(false);
                if (_together && GroupBudget.Allows(request))
                {
                    switch (Enqueue(append))
                    {
                        case Way.Alone:
                            await RunAloneAsync(append, cancellationToken).ConfigureAwait(false);
                            break;
                        case Way.Group:
                            StartGroups();
                            break;
                    }
                }
                else
                {
                    await _appender.RunAsync([append], patient: true, cancellationToken).ConfigureAwait(false);
                }

                return await append.Answer.ConfigureAwait(false);
            }
            finally
            {
                _room.Release();
            }
        }
        finally
        {
            CallEnded();
        }
    }

    /// <summary>Takes no more calls, and ends when all are answered.</summary>
    public async ValueTask DisposeAsync()
    {
        Dispose();
        await _drained.Task.ConfigureAwait(false);
    }

    /// <summary>For a container that is disposed synchronously: takes no more calls.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            if (_calls == 0)
            {
                _drained.TrySetResult();
            }
        }
    }

    private void CallEnded()
    {
        lock (_lock)
        {
            if (--_calls == 0 && _disposed)
            {
                _drained.TrySetResult();
            }
        }
    }

    /// <summary>Queues it; or, where nobody else waits or is in flight, lets it go by itself.</summary>
    private Way Enqueue(PendingAppend append)
    {
        lock (_lock)
        {
            if (_isOneAlone || _groups > 0 || _waiting.Count > 0 || IsLaned_NeedsLock(append.Request))
            {
                _waiting.Add(append);

                // Who waits for a stream in flight goes when that one ends: looking through the queue for him now is in vain.
                return _inFlight.Overlaps(append.Request.Streams) ? Way.Later : Way.Group;
            }

            _isOneAlone = true;
            _inFlight.UnionWith(append.Request.Streams);
            return Way.Alone;
        }
    }

    /// <summary>
    /// Nobody travels with it, so it runs as its caller's own: in his context, under his token, without a change of threads. It takes no group's
    /// place, and may wait as long as it has to: it holds up its own streams only.
    /// </summary>
    private async Task RunAloneAsync(PendingAppend append, CancellationToken cancellationToken)
    {
        try
        {
            await _appender.RunAsync([append], patient: true, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
            {
                _isOneAlone = false;
                _inFlight.ExceptWith(append.Request.Streams);
            }

            StartGroups();
        }
    }

    private void StartGroups()
    {
        while (TryTakeGroup() is { } next)
        {
            _ = CallerContext.Without(() => RunGroupAsync(next));
        }
    }

    private List<PendingAppend>? TryTakeGroup()
    {
        lock (_lock)
        {
            // A second group goes once as many wait as are in flight: sooner it would be small, and small ones cost more than they hide.
            if (_groups == MaxGroups || _waiting.Count < _callsInFlight || TakeGroup_NeedsLock() is not { Count: > 0 } group)
            {
                return null;
            }

            _groups++;
            _callsInFlight += group.Count;
            return group;
        }
    }

    private async Task RunGroupAsync(List<PendingAppend> group)
    {
        var held = await _appender.RunAsync(group, patient: false).ConfigureAwait(false);
        lock (_lock)
        {
            foreach (var append in held)
            {
                Divert_NeedsLock(append);
            }

            _inFlight.ExceptWith(group.SelectMany(append => append.Request.Streams));
            _callsInFlight -= group.Count;
            _groups--;
        }

        StartGroups();
    }

    /// <summary>
    /// The next group, in the order of the calls. Left out is who names a stream of a group in flight, and who comes behind such a one on
    /// another stream of his.
    /// </summary>
    private List<PendingAppend> TakeGroup_NeedsLock()
    {
        var group = new List<PendingAppend>();
        var budget = default(GroupBudget);
        var passedOver = new HashSet<string>(StringComparer.Ordinal);
        var (kept, next) = (0, 0);
        for (; next < _waiting.Count; next++)
        {
            var append = _waiting[next];
            var request = append.Request;
            if (append.IsOver)
            {
                continue;
            }

            if (_inFlight.Overlaps(request.Streams) || passedOver.Overlaps(request.Streams))
            {
                passedOver.UnionWith(request.Streams);
                _waiting[kept++] = append;
            }
            else if (IsLaned_NeedsLock(request))
            {
                Divert_NeedsLock(append);
            }
            else if (budget.TryTake(request))
            {
                group.Add(append);
            }
            else
            {
                break;
            }
        }

        _waiting.RemoveRange(kept, next - kept);
        foreach (var append in group)
        {
            _inFlight.UnionWith(append.Request.Streams);
        }

        return group;
    }

    private bool IsLaned_NeedsLock(AppendRequest request) => _lanes.Count > 0 && Array.Exists(request.Streams, _lanes.ContainsKey);

    /// <summary>Into the lane of one of its streams; a new one where none has any.</summary>
    private void Divert_NeedsLock(PendingAppend append)
    {
        var lane = append.Request.Streams.Select(stream => _lanes.GetValueOrDefault(stream)).FirstOrDefault(known => known is not null);
        if (lane is null)
        {
            lane = new Lane();
            if (_lanesRunning < _maxLanes)
            {
                _lanesRunning++;
                _ = CallerContext.Without(() => RunLanesAsync(lane));
            }
            else
            {
                _lanesWaiting.Enqueue(lane);
            }
        }

        lane.Appends.Enqueue(append);
        foreach (var stream in append.Request.Streams)
        {
            if (_lanes.TryAdd(stream, lane))
            {
                lane.Streams.Add(stream);
            }
        }
    }

    /// <summary>Runs a lane until it is empty, and then the next one that waits for its turn.</summary>
    private async Task RunLanesAsync(Lane? lane)
    {
        // The one who called holds the lock, and has not put anything into the lane yet.
        await Task.Yield();
        while (lane is not null)
        {
            List<PendingAppend>? group;
            lock (_lock)
            {
                group = TakeFromLane_NeedsLock(lane);
                if (group.Count == 0)
                {
                    foreach (var stream in lane.Streams)
                    {
                        _lanes.Remove(stream);
                    }

                    if (!_lanesWaiting.TryDequeue(out lane))
                    {
                        _lanesRunning--;
                    }
                }
            }

            if (group.Count > 0)
            {
                await RunPatientlyAsync(group).ConfigureAwait(false);
            }
        }
    }

    private static List<PendingAppend> TakeFromLane_NeedsLock(Lane lane)
    {
        var group = new List<PendingAppend>();
        var budget = default(GroupBudget);
        while (lane.Appends.TryPeek(out var append) && (append.IsOver || budget.TryTake(append.Request)))
        {
            lane.Appends.Dequeue();
            if (!append.IsOver)
            {
                group.Add(append);
            }
        }

        return group;
    }

    /// <summary>Waits for what others hold; no longer than somebody waits for an answer.</summary>
    private async Task RunPatientlyAsync(IReadOnlyList<PendingAppend> group)
    {
        using var nobodyWaits = new CancellationTokenSource();
        var running = _appender.RunAsync(group, patient: true, nobodyWaits.Token);
        if (await Task.WhenAny(running, AnsweredAsync(group)).ConfigureAwait(false) != running)
        {
            await nobodyWaits.CancelAsync().ConfigureAwait(false);
        }

        await running.ConfigureAwait(false);
    }

    private static async Task AnsweredAsync(IReadOnlyList<PendingAppend> group)
    {
        foreach (var append in group)
        {
            await ((Task)append.Answer).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private enum Way
    {
        Alone,
        Group,
        Later,
    }

    private sealed class Lane
    {
        internal Queue<PendingAppend> Appends { get; } = new();

        internal List<string> Streams { get; } = [];
    }
}
