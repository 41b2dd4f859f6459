using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Polly;
using SyncKit.EfStore.Diagnostics;
using SyncKit.EfStore.Ordering;
using SyncKit.EfStore.Reading;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Notifications;

/// <summary>
/// Turns the listener's payloads into notifications, and fans them out: each event once, in the order of its stream.
/// </summary>
/// <remarks>
/// <para>
/// One task, the pump, owns what was shown, and whoever has its turn. While the pump waits, a payload that says everything is shown by the
/// listener itself, which saves a change of threads (no SQL, no user code: observers have tasks of their own). One that says only versions is looked up
/// first, and so is every one once a writer tells after its commit: the order of commits then is that of the log alone. Whatever payloads may have missed (a lost connection, a full inbox) is found by a <em>replay</em>: every committed version that
/// was not shown yet is read from the log. A replay follows each connect, each change of channels, each overflow, and the poll interval.
/// </para>
/// <para>
/// Payloads may be forged. What was shown on a payload's word is read with the next look or replay, and until then hides nothing: the
/// event that really has its version is shown as well. One far above the log, or against another, is looked up first.
/// </para>
/// <para>
/// A replay also moves the mark: highest version and open appends are read first, rows second; once those appends have ended and the
/// rows were read again, nothing can appear below, and those versions need not be remembered.
/// </para>
/// </remarks>
internal sealed class NotificationHub : IAsyncDisposable, IDisposable
{
    private const int MaxRuns = 100_000;

    // A look through more than this is made cheaper by a replay.
    private const int MaxGapsPerLook = 1_000;
    private const long MaxVersionsPerLook = 10_000;

    // How far below the newest version a log's open appends are looked for when the hub starts while some are open.
    private const long BaselineDepth = 100_000;

    // While an append holds the mark back, it is looked at again this soon.
    private static readonly TimeSpan HeldBackPoll = TimeSpan.FromSeconds(1);

    // While notifications do not arrive, the log is read this often.
    private static readonly TimeSpan DegradedPoll = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LastDeliveries = TimeSpan.FromSeconds(2);

    private readonly EventStoreConnections _connections;
    private readonly HeaderReader _headers;
    private readonly SettledMark _settled;
    private readonly EventStoreMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly TimeSpan _pollInterval;
    private readonly int _maxStreamChannels;
    private readonly int _queueCapacity;
    private readonly ResiliencePipeline _patience;
    private readonly ILogger<NotificationHub> _logger;

    private readonly CancellationTokenSource _stopping = new();
    private readonly NotificationInbox _inbox = new();
    private readonly SemaphoreSlim _turn = new(1, 1); // held by the pump while it works; then by whoever shows in its place

    // Shared by all threads, under _lock.
    private readonly Lock _lock = new();
    private readonly SubscriptionTable _subscriptions = new();
    private ListenedChannels? _listened; // what is in place; null before the first connect
    private ListenedChannels? _caughtUp; // what was in place without a break since a replay: whose past has been shown
    private bool _connected; // since the last replay: the listener (re)connected
    private volatile bool _replayWanted; // written under _lock
    private bool _inboxFull;
    private int _pending; // observers not active yet
    private TaskCompletionSource _nonePending = Completed();
    private (bool Ended, Exception? Error) _end;
    private ITimer? _poll;
    private TimeSpan _pollEvery; // _pollInterval, or less while notifications do not arrive
    private volatile bool _usageDue = true;
    private Task _pump = Task.CompletedTask;
    private int _disposed;

    // Owned by whoever has the turn.
    private readonly ShownVersions _shown = new();
    private readonly QueueUsage _usage;
    private bool _baselined; // whether what was there before the first replay is known, and counts as shown
    private OpenAppends? _holdingBack;
    private (long From, long To)? _replayed; // shown by the replay under way
    private bool _readFailed; // since CaughtUp was raised
    private bool _malformedLogged; // since the last connect
    private bool _forgedLogged; // since the last connect
    private bool _toldLate; // some writer tells after its commit: what notifications say comes in no order, and is looked up

    public NotificationHub(
        EventStoreConnections connections,
        HeaderReader headers,
        SettledMark settled,
        EventStoreMetrics metrics,
        IOptions<EventStoreOptions> options,
        TimeProvider time,
        ILogger<NotificationHub> logger)
    {
        _connections = connections;
        _headers = headers;
        _settled = settled;
        _metrics = metrics;
        _time = time;
        _pollInterval = options.Value.PollInterval;
        _pollEvery = _pollInterval;
        _maxStreamChannels = options.Value.MaxStreamChannels;
        _queueCapacity = options.Value.ObserverQueueCapacity;
        _toldLate = options.Value.NotifyMode != NotifyMode.Trigger;
        _logger = logger;
        _usage = new QueueUsage(metrics, logger);
        _patience = PatientRead.Create(time, (wait, error) =>
        {
            Log.ReplayFailed(logger, wait, error);
            _readFailed = true;
            ReplayFailing?.Invoke(error);
        });
    }

    /// <summary>Raised, on any thread, when the channels to listen to may have changed.</summary>
    internal event Action? ChannelsChanged;

    /// <summary>
    /// Raised by the pump after a (re)connect, or after the log could not be read, once what was missed has been shown: the lowest and
    /// highest version, if any.
    /// </summary>
    internal event Action<(long From, long To)?>? CaughtUp;

    /// <summary>Raised by the pump when the log cannot be read; it tries again by itself.</summary>
    internal event Action<Exception>? ReplayFailing;

    /// <summary>What is remembered of what was shown: runs of versions, and events the log has not confirmed yet. Exact while the pump waits.</summary>
    internal (int Runs, int Unconfirmed) Remembered => (_shown.RunCount, _shown.UnconfirmedCount);

    /// <summary>What the observers of now need.</summary>
    internal ListenedChannels WantedChannels
    {
        get
        {
            lock (_lock)
            {
                return WantedChannels_NeedsLock();
            }
        }
    }

    private ListenedChannels Listened
    {
        get
        {
            lock (_lock)
            {
                return _listened ?? ListenedChannels.Global;
            }
        }
    }

    internal void Start()
    {
        _pump = Task.Run(PumpAsync);
        _poll = _time.CreateTimer(_ => Poll(), null, _pollInterval, _pollInterval);
    }

    /// <summary>
    /// From the listener: whether notifications arrive. While they do not, the log is read every second, or every poll interval where that is
    /// shorter. When they arrive again, what was missed is shown and <see cref="CaughtUp"/> is raised.
    /// </summary>
    /// <returns>How often the log is read from now on.</returns>
    internal TimeSpan NotificationsArrive(bool arrive)
    {
        var pollEvery = arrive || _pollInterval < DegradedPoll ? _pollInterval : DegradedPoll;
        lock (_lock)
        {
            _pollEvery = pollEvery;
            _connected |= arrive;
        }

        _poll?.Change(pollEvery, pollEvery);
        WantReplay();
        return pollEvery;
    }

    /// <summary>From the listener's callback: takes a payload, never blocks.</summary>
    internal void Post(string channel, string payload)
    {
        if (TryShowAtOnce(payload) || _inbox.TryPost(channel, payload))
        {
            return;
        }

        lock (_lock)
        {
            if (!_inboxFull)
            {
                Log.NotificationQueueFull(_logger);
            }

            _inboxFull = true;
            _replayWanted = true;
        }
    }

    /// <summary>From the listener: LISTEN is committed for these channels. What was missed is shown next.</summary>
    internal void ChannelsInPlace(ListenedChannels channels, bool connected)
    {
        bool changed;
        lock (_lock)
        {
            _listened = channels;
            _caughtUp = _caughtUp?.And(channels);
            _connected |= connected;

            // An observer may have come meanwhile, whose channel seemed to be in place and is left just now.
            changed = ChannelsDiffer_NeedsLock();
        }

        WantReplay();
        if (changed)
        {
            ChannelsChanged?.Invoke();
        }
    }

    /// <summary>Adds an observer. It is active at once where its events arrive already, else once LISTEN is in place.</summary>
    /// <param name="filter">What it wants.</param>
    /// <param name="deliver">Takes a batch in order.</param>
    /// <param name="ended">Called last: with null for a clean end.</param>
    /// <param name="nothingOld">
    /// Never active at once: notifications of what is committed already may still be on their way, and are awaited first.
    /// </param>
    internal HubSubscription Add(
        NotificationFilter filter,
        Func<IReadOnlyList<EventNotification>, CancellationToken, Task> deliver,
        Action<Exception?> ended,
        bool nothingOld = false)
    {
        var subscription = new HubSubscription(
            filter, new ObserverQueue(deliver, _headers, _queueCapacity, _time, _logger), ended);
        bool changed;
        lock (_lock)
        {
            if (_end.Ended)
            {
                subscription.End(_end.Error);
                return subscription;
            }

            _subscriptions.Add(subscription);
            if (!nothingOld && _caughtUp?.Cover(filter) == true)
            {
                subscription.Activate();
            }
            else if (_pending++ == 0)
            {
                _nonePending = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            changed = ChannelsDiffer_NeedsLock();
        }

        if (changed)
        {
            ChannelsChanged?.Invoke();
        }
        else if (!subscription.IsActive)
        {
            WantReplay();
        }

        return subscription;
    }

    /// <summary>Removes an observer; what waits for it is dropped. The task ends when the delivery under way has returned.</summary>
    internal async Task RemoveAsync(HubSubscription subscription)
    {
        var changed = false;
        lock (_lock)
        {
            if (_subscriptions.Remove(subscription))
            {
                if (!subscription.IsActive)
                {
                    PendingEnded_NeedsLock();
                }

                changed = ChannelsDiffer_NeedsLock();
            }
        }

        if (changed)
        {
            ChannelsChanged?.Invoke();
        }

        await subscription.Queue.StopAsync().ConfigureAwait(false);
        subscription.Queue.Dispose();
    }

    /// <summary>Ends at once where every observer is active; else when they are, or after the time given, once.</summary>
    internal async ValueTask WhenAllInPlaceAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        TaskCompletionSource nonePending;
        lock (_lock)
        {
            nonePending = _nonePending;
        }

        if (nonePending.Task.IsCompleted)
        {
            return;
        }

        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(nonePending.Task, Task.Delay(atMost, _time, waiting.Token)).ConfigureAwait(false);
        await waiting.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();

        // Whoever did not get its channel in this time has no connection; nobody else waits for it.
        nonePending.TrySetResult();
    }

    /// <summary>
    /// Ends every observer, and every one added later: null for a clean end. The task ends when all have got what waited for them, or after
    /// two seconds, whoever is slow.
    /// </summary>
    internal async Task EndAsync(Exception? error)
    {
        List<HubSubscription> all;
        lock (_lock)
        {
            if (_end.Ended)
            {
                return;
            }

            _end = (true, error);
            all = [.. _subscriptions.All];
            _nonePending.TrySetResult();
        }

        foreach (var subscription in all)
        {
            subscription.End(error);
        }

        using var waiting = new CancellationTokenSource();
        await Task.WhenAny(Task.WhenAll(all.Select(subscription => subscription.Queue.Drained)), Task.Delay(LastDeliveries, _time, waiting.Token))
            .ConfigureAwait(false);
        await waiting.CancelAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            await _stopping.CancelAsync().ConfigureAwait(false);
            if (_poll is not null)
            {
                await _poll.DisposeAsync().ConfigureAwait(false);
            }

            await _pump.ConfigureAwait(false);
            _stopping.Dispose();
        }
    }

    /// <summary>For a container that is disposed synchronously: signals the end without waiting for it.</summary>
    public void Dispose() => _ = DisposeAsync().AsTask();

    private static TaskCompletionSource Completed()
    {
        var completed = new TaskCompletionSource();
        completed.SetResult();
        return completed;
    }

    private ListenedChannels WantedChannels_NeedsLock() => ListenedChannels.For(_subscriptions.OnlyStreams, _maxStreamChannels);

    private bool ChannelsDiffer_NeedsLock()
    {
        var wanted = WantedChannels_NeedsLock();
        return _listened is null
            || (wanted.Streams is null) != (_listened.Streams is null)
            || (wanted.Streams is not null && !wanted.Streams.SetEquals(_listened.Streams!));
    }

    private void PendingEnded_NeedsLock()
    {
        if (--_pending == 0)
        {
            _nonePending.TrySetResult();
        }
    }

    private void WantReplay()
    {
        lock (_lock)
        {
            _replayWanted = true;
        }

        _inbox.Wake();
    }

    private void Poll()
    {
        _usageDue = true;
        WantReplay();
    }

    private async Task PumpAsync()
    {
        try
        {
            while (await _inbox.WaitAsync(_stopping.Token).ConfigureAwait(false))
            {
                await PumpOnceAsync().ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is ObjectDisposedException || _stopping.IsCancellationRequested)
        {
            // Stopping, or the store is disposed.
        }
    }

    /// <summary>Shows what a payload tells, while nothing came before it that is not shown yet. False where the pump must see to it.</summary>
    private bool TryShowAtOnce(string text)
    {
        if (!_turn.Wait(0))
        {
            return false;
        }

        try
        {
            if (_replayWanted || _toldLate || !_baselined || !_inbox.IsEmpty
                || NotificationPayload.Parse(text) is not { AfterCommit: false, Event: { } told })
            {
                return false;
            }

            if (_shown.TryTell(told))
            {
                Show(told);
                return true;
            }

            return _shown.Weigh(told) == Telling.Known;
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task PumpOnceAsync()
    {
        await _turn.WaitAsync(_stopping.Token).ConfigureAwait(false);
        try
        {
            if (TakeReplay() is { } replay)
            {
                await ReplayAsync(replay).ConfigureAwait(false);
            }

            await ShowInboxAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is not (OperationCanceledException or ObjectDisposedException))
        {
            // Nothing here is known to throw; but a pump that ended would leave every observer without a word. What was lost is read again.
            Log.PumpFailed(_logger, error);
            await Task.Delay(HeldBackPoll, _time, _stopping.Token).ConfigureAwait(false);
            WantReplay();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Shows what is in the inbox, in order, until it is empty or a replay is due.</summary>
    private async Task ShowInboxAsync()
    {
        // Versions to look up wait for each other, so that a run of them is one read; never past a notification that comes after them.
        var lookups = new List<NotificationPayload>();
        while (!_replayWanted && _inbox.TryTake(out var channel, out var text))
        {
            if (NotificationPayload.Parse(text) is not { } payload)
            {
                RefuseMalformed(channel);
                continue;
            }

            _toldLate |= payload.AfterCommit;
            switch (payload.Event is { } told && !_toldLate ? _shown.Weigh(told) : Telling.Doubtful)
            {
                case Telling.New:
                    // It may be among what is looked up, and must be shown there, before its successors: so it counts as shown only after that.
                    await LookUpAsync(lookups).ConfigureAwait(false);
                    if (_shown.TryTell(payload.Event!))
                    {
                        Show(payload.Event!);
                    }

                    break;
                case Telling.Doubtful:
                    lookups.Add(payload);
                    break;
            }
        }

        await LookUpAsync(lookups).ConfigureAwait(false);
    }

    private void RefuseMalformed(string channel)
    {
        _metrics.NotificationsIgnored(EventStoreMetrics.Malformed, 1);
        if (!_malformedLogged)
        {
            _malformedLogged = true;
            Log.MalformedNotification(_logger, channel);
        }
    }

    /// <summary>
    /// Shows what is not shown yet up to the highest version told of, from one snapshot: so no event comes before one of its stream that was
    /// told of later, or not at all. What is settled was shown: a forged range cannot make the hub read the whole log.
    /// </summary>
    private async Task LookUpAsync(List<NotificationPayload> lookups)
    {
        if (lookups.Count == 0)
        {
            return;
        }

        var through = lookups.Max(payload => payload.Last);
        var doubtful = lookups.Where(payload => payload.Event is not null).Select(payload => payload.Event!).ToList();
        lookups.Clear();
        if (!_baselined || through <= _shown.Mark)
        {
            return;
        }

        var (streams, ranges) = Unshown(Listened, through);
        if (ranges.Count == 0)
        {
            return;
        }

        await PatientlyAsync(async cancellationToken =>
        {
            await foreach (var header in _headers.ReadAsync(ranges, streams, cancellationToken).ConfigureAwait(false))
            {
                ShowUnlessShown(header);
            }
        }).ConfigureAwait(false);
        RefuseForged(through, streams, doubtful.Count(told => IsForged(told, streams)));
        if (_readFailed)
        {
            _readFailed = false;
            CaughtUp?.Invoke(null);
        }

        // A replay moves the mark, so that the next look has less to look through. While an append holds it back, the poll does.
        if (_holdingBack is null && (ranges.Count > MaxGapsPerLook || (streams is not null && through - _shown.Mark > MaxVersionsPerLook)))
        {
            WantReplay();
        }
    }

    /// <summary>What to read to show everything up to a version: the ranges, and of which streams; null for all.</summary>
    private (string[]? Streams, IReadOnlyList<(long First, long Last)> Ranges) Unshown(ListenedChannels listened, long through)
    {
        // With a channel for each stream only their events need to be read. An observer of others, or one that is about to join, makes this
        // cover everything: what is there before it joins is not news to it.
        var streams = CoversAll(listened) ? listened.Streams?.ToArray() : null;
        return (streams, streams is null ? [.. _shown.UnshownThrough(through)] : [(_shown.Mark + 1, through)]);
    }

    private (ListenedChannels? Listened, bool Connected)? TakeReplay()
    {
        lock (_lock)
        {
            if (!_replayWanted)
            {
                return null;
            }

            var replay = (_listened, _connected);
            (_replayWanted, _connected, _inboxFull) = (false, false, false);
            if (_pending > 0)
            {
                // Whoever comes later waits for the next one, which will have shown what is committed before that.
                foreach (var subscription in _subscriptions.All)
                {
                    subscription.AwaitsReplay = false;
                }
            }

            return replay;
        }
    }

    private async Task ReplayAsync((ListenedChannels? Listened, bool Connected) replay)
    {
        if (replay.Listened is null)
        {
            return; // Nothing was ever in place, so nobody is active and nothing can have been missed.
        }

        if (replay.Connected)
        {
            // A restarted server numbers its transactions anew: what was waited for means nothing any more.
            _holdingBack = null;
            _malformedLogged = _forgedLogged = false;
        }

        _replayed = null;
        await PatientlyAsync(cancellationToken => ReplayOnceAsync(replay.Listened, cancellationToken)).ConfigureAwait(false);
        Activate(replay.Listened);
        if (replay.Connected || _readFailed)
        {
            _readFailed = false;
            CaughtUp?.Invoke(_replayed);
        }
    }

    private void Activate(ListenedChannels listened)
    {
        _baselined = true;
        lock (_lock)
        {
            if (ReferenceEquals(listened, _listened))
            {
                _caughtUp = listened;
            }

            if (_pending == 0)
            {
                return;
            }

            foreach (var subscription in _subscriptions.All)
            {
                if (subscription is { IsActive: false, AwaitsReplay: false } && listened.Cover(subscription.Filter))
                {
                    subscription.Activate();
                    PendingEnded_NeedsLock();
                }
            }
        }
    }

    private async Task ReplayOnceAsync(ListenedChannels listened, CancellationToken cancellationToken)
    {
        var settled = await ObserveAsync(cancellationToken).ConfigureAwait(false);
        if (!_baselined)
        {
            await TakeBaselineAsync(settled, cancellationToken).ConfigureAwait(false);
            return;
        }

        var (streams, ranges) = Unshown(listened, long.MaxValue);
        await foreach (var header in _headers.ReadAsync(ranges, streams, cancellationToken).ConfigureAwait(false))
        {
            if (ShowUnlessShown(header))
            {
                _replayed = (_replayed?.From ?? header.Version.Value, header.Version.Value);
            }
        }

        RefuseForged(long.MaxValue, streams, 0);
        _shown.Settle(settled);
        if (_shown.RunCount > MaxRuns)
        {
            var mark = _shown.Mark;
            Log.ShownVersionsOverflow(_logger, MaxRuns, mark, _shown.ForgetLowerHalf());
        }
    }

    private bool CoversAll(ListenedChannels listened)
    {
        lock (_lock)
        {
            return _subscriptions.All.All(subscription => subscription.IsActive && listened.Cover(subscription.Filter));
        }
    }

    /// <summary>
    /// Up to where everything is final, as far as can be told now without waiting. Rows must be read after this, in a new snapshot.
    /// </summary>
    private async Task<long> ObserveAsync(CancellationToken cancellationToken)
    {
        await using var connection = await _connections.OpenAsync(cancellationToken).ConfigureAwait(false);
        if (_usageDue)
        {
            await _usage.CheckAsync(connection, cancellationToken).ConfigureAwait(false);
            _usageDue = false;
        }

        if (_holdingBack is { } before)
        {
            if (await SequenceLocks.AreStillOpenAsync(connection, before, cancellationToken).ConfigureAwait(false))
            {
                LookAgainSoon();
                return _shown.Mark;
            }

            _holdingBack = null;
            return before.Highest;
        }

        var seen = await SequenceLocks.ObserveAsync(connection, cancellationToken).ConfigureAwait(false);
        _shown.Reaches(seen.Highest);
        _metrics.LogEndsAt(seen.Highest);
        if (seen.Holders.Length == 0)
        {
            return seen.Highest;
        }

        _holdingBack = seen;
        _settled.LookSoon();
        LookAgainSoon();
        return _shown.Mark;
    }

    private void LookAgainSoon()
    {
        TimeSpan pollEvery;
        lock (_lock)
        {
            pollEvery = _pollEvery;
        }

        _poll?.Change(pollEvery < HeldBackPoll ? pollEvery : HeldBackPoll, pollEvery);
    }

    /// <summary>What is committed when the hub starts is not news, and counts as shown.</summary>
    private async Task TakeBaselineAsync(long settled, CancellationToken cancellationToken)
    {
        if (_holdingBack is not { } open)
        {
            _shown.Settle(settled);
            return;
        }

        // Appends are open: the versions visible so far count as shown, and those that are not are still to come.
        _shown.Settle(Math.Max(0, open.Highest - BaselineDepth));
        await foreach (var header in _headers.ReadAsync([(_shown.Mark + 1, open.Highest)], null, cancellationToken).ConfigureAwait(false))
        {
            _shown.TryShow(header.Version.Value);
        }
    }

    private bool ShowUnlessShown(EventNotification read)
    {
        var show = _shown.TryShow(read);
        if (show)
        {
            Show(read);
        }

        return show;
    }

    private void Show(EventNotification notification)
    {
        _metrics.Shown(notification, _time);
        lock (_lock)
        {
            _subscriptions.Show(notification);
        }
    }

    private bool IsForged(EventNotification doubtful, string[]? streams) =>
        !_shown.IsConfirmed(doubtful.Version.Value) && streams?.Contains(doubtful.AggregateId) != false;

    /// <summary>After a read of everything not shown up to a version: forgets and counts what payloads told of and the log does not have.</summary>
    private void RefuseForged(long through, string[]? streams, int never)
    {
        _shown.RefuseUnconfirmed(through, streams);
        if (_shown.TakeForged() + never is > 0 and var forged)
        {
            _metrics.NotificationsIgnored(EventStoreMetrics.Forged, forged);
            if (!_forgedLogged)
            {
                _forgedLogged = true;
                Log.ForgedNotification(_logger, _connections.Target);
            }
        }
    }

    private async Task PatientlyAsync(Func<CancellationToken, Task> read) =>
        await _patience.ExecuteAsync(async cancellationToken => await read(cancellationToken).ConfigureAwait(false), _stopping.Token)
            .ConfigureAwait(false);
}
