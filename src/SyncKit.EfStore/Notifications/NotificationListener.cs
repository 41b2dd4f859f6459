using System.Data;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SyncKit.EfStore.Diagnostics;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Notifications;

/// <summary>
/// Owns the one LISTEN connection of the process: only its loop touches it. Payloads go to the hub as they come; no SQL and no user code
/// runs in the driver's callback.
/// </summary>
/// <remarks>
/// connecting → LISTEN → live → (lost) → reconnecting → LISTEN → replayed → live. The order is LISTEN first, then read what was missed: the
/// other way round events between are lost (PostgreSQL, LISTEN, Notes). Each change of channels interrupts the wait.
/// A self-test runs beside each new connection: live is said once its probe has come, or where none could be sent; degraded where it
/// does not come, until a later one does.
/// </remarks>
internal sealed class NotificationListener : IAsyncDisposable, IDisposable
{
    private const string PoolerLosesListen =
        "The listener is connected through a connection pooler that loses LISTEN, as PgBouncer does in transaction mode. "
        + "Give the listener a direct ListenerConnectionString.";

    private const string NothingArrives =
        "A notification sent on a connection of the store does not reach the listener, though it listens. "
        + "Let ListenerConnectionString lead to the same server and database.";

    private readonly EventStoreConnections _connections;
    private readonly NotificationHub _hub;
    private readonly ListenerStates _states;
    private readonly EventStoreMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<NotificationListener> _logger;
    private readonly ListenerSelfTest _selfTest;
    private readonly TimeSpan _silence;
    private readonly int? _maxAttempts;
    private readonly ReconnectSchedule _schedule; // owned by the loop
    private int _failedAttempts; // owned by the loop; since LISTEN was last in place
    private string? _reasonTold; // owned by the loop; why the connection is away, as it was logged last

    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _firstAttempt = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private Task? _loop; // under _lock
    private bool _stopped; // under _lock
    private CancellationTokenSource? _interrupt; // under _lock; ends the wait under way
    private string? _isolation; // under _lock; why notifications do not arrive, from when that was found until they do
    private bool _isListening; // under _lock; whether LISTEN is in place, as far as known
    private bool _isCaughtUp; // under _lock; whether what was missed has been shown since
    private SelfTestResult? _tested; // under _lock; of this connection; null before the first result
    private TaskCompletionSource? _listenAgain; // under _lock; wanted by the self-test
    private Task _testing = Task.CompletedTask; // under _lock

    public NotificationListener(
        EventStoreConnections connections,
        NotificationHub hub,
        ListenerStates states,
        EventStoreMetrics metrics,
        IOptions<EventStoreOptions> options,
        TimeProvider time,
        ILogger<NotificationListener> logger)
    {
        _connections = connections;
        _hub = hub;
        _states = states;
        _metrics = metrics;
        _time = time;
        _logger = logger;
        _selfTest = new ListenerSelfTest(connections, time);
        _silence = options.Value.NotificationTimeout;
        _maxAttempts = options.Value.MaxReconnectAttempts;
        _schedule = new ReconnectSchedule(options.Value.ReconnectInterval, options.Value.MaxReconnectInterval, Random.Shared.NextDouble);
        metrics.ShowListener(() => states.Now.Status);
        _hub.ChannelsChanged += Interrupt;
        _hub.CaughtUp += OnCaughtUp;
        _hub.ReplayFailing += OnReplayFailing;
    }

    /// <summary>Ends when the first attempt has: LISTEN is in place, or the server is away and the listener tries again by itself.</summary>
    internal Task FirstAttempt => _firstAttempt.Task;

    private Task Testing
    {
        get
        {
            lock (_lock)
            {
                return _testing;
            }
        }
    }

    /// <summary>Starts the loop, once.</summary>
    internal void EnsureStarted()
    {
        lock (_lock)
        {
            if (_loop is null && !_stopped)
            {
                _states.Set(new ListenerState(ListenerStatus.Connecting));

                // Whoever observes first lends this nothing of its own: a TransactionScope would swallow every read and notification.
                _loop = CallerContext.Without(() =>
                {
                    _hub.Start();
                    return Task.Run(RunAsync);
                });
            }
        }
    }

    /// <summary>Ends the loop; observers get what waits for them and then OnCompleted.</summary>
    internal async Task StopAsync()
    {
        Task? loop;
        lock (_lock)
        {
            loop = _loop;
            if (!_stopped)
            {
                _stopped = true;
                _stopping.Cancel();
            }
        }

        if (loop is not null)
        {
            await loop.ConfigureAwait(false);
            await Testing.ConfigureAwait(false);
        }

        _firstAttempt.TrySetResult();
        await _hub.EndAsync(null).ConfigureAwait(false);
        _states.Set(new ListenerState(ListenerStatus.Stopped));
        _states.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        await _hub.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>For a container that is disposed synchronously: signals the end without waiting for it.</summary>
    public void Dispose() => _ = DisposeAsync().AsTask();

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await ListenUntilLostAsync(_stopping.Token).ConfigureAwait(false);
            }
            catch (Exception) when (_stopping.IsCancellationRequested)
            {
                return; // Stopping tears the connection down; whatever that threw is not news.
            }
            catch (Exception error)
            {
                var wait = _schedule.NextDelay();
                var reason = Reason(error);
                _metrics.Reconnecting();
                lock (_lock)
                {
                    // Losing a connection that was live is no failed attempt to get one.
                    _failedAttempts = _isListening ? 0 : _failedAttempts + 1;
                    _isListening = _isCaughtUp = false;
                    _tested = null;
                }

                if (_failedAttempts >= _maxAttempts)
                {
                    await FailAsync(reason, error).ConfigureAwait(false);
                    return;
                }

                if (reason != _reasonTold)
                {
                    _reasonTold = reason;
                    Log.ListenerLost(_logger, _connections.Target, _failedAttempts, wait, reason);
                }

                _states.Set(new ListenerState(ListenerStatus.Reconnecting)
                {
                    FailedAttempts = _failedAttempts,
                    RetryIn = wait,
                    Reason = reason,
                });
                _firstAttempt.TrySetResult();
                await Task.Delay(wait, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Ends only by throwing.</summary>
    private async Task ListenUntilLostAsync(CancellationToken stopping)
    {
        await using var connection = await _connections.OpenListenerAsync(stopping).ConfigureAwait(false);
        var backend = await RequirePrimaryAsync(connection, stopping).ConfigureAwait(false);

        // What comes before the hub knows of the channels is committed, so the replay that follows shows it, behind what was missed before it.
        // Shown now it would overtake its predecessors. Written and read between two reads of the connection, or within one.
        var inPlace = false;
        connection.Notification += (_, notification) =>
        {
            if (!_selfTest.Takes(notification.Channel, notification.Payload) && inPlace)
            {
                _hub.Post(notification.Channel, notification.Payload);
            }
        };

        using var lost = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        try
        {
            var names = new HashSet<string>(StringComparer.Ordinal);
            for (var connected = true; ; connected = false)
            {
                var (interrupt, listenAgain) = NewInterrupt();
                var wanted = _hub.WantedChannels;
                await ChangeChannelsAsync(connection, names, [.. wanted.Names, _selfTest.Channel], listenAgain is not null, stopping)
                    .ConfigureAwait(false);
                listenAgain?.TrySetResult();
                if (connected)
                {
                    Listening(throughPooler: connection.ProcessID != backend, lost.Token);
                }

                _hub.ChannelsInPlace(wanted, connected);
                inPlace = true;
                await WaitAsync(connection, interrupt, stopping).ConfigureAwait(false);
            }
        }
        finally
        {
            await lost.CancelAsync().ConfigureAwait(false);
        }
    }

    private void Listening(bool throughPooler, CancellationToken lost)
    {
        _schedule.Succeeded();
        _reasonTold = null;
        Log.Listening(_logger, _connections.Target);
        lock (_lock)
        {
            _isListening = true;
            _testing = Task.Run(() => _selfTest.RunAsync(result => OnTested(result, throughPooler, lost), ListenAgainAsync, lost), CancellationToken.None);
        }
    }

    /// <summary>Waits for notifications until the channels have to change.</summary>
    private async Task WaitAsync(NpgsqlConnection connection, CancellationTokenSource interrupt, CancellationToken stopping)
    {
        while (!interrupt.IsCancellationRequested)
        {
            using var cancel = new CancellationTokenSource();

            // Without a timeout: one shorter than KeepAlive would re-arm its timer for ever, and a dead socket never be found.
            var wait = connection.WaitAsync(cancel.Token);

            // Only now may it be cancelled: Npgsql 10.0.3 forgets about one in 5,000 cancellations that come while WaitAsync begins to read
            // (measured; none of 90,000 that come after), and then the channels would not change before the next KeepAlive.
            using var onInterrupt = interrupt.Token.Register(cancel.Cancel);
            using var onStop = stopping.Register(cancel.Cancel);
            if (!_connections.ListenerHasKeepAlive)
            {
                cancel.CancelAfter(_silence / 2);
            }

            try
            {
                await wait.ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
            {
                if (!interrupt.IsCancellationRequested)
                {
                    await ProbeAsync(connection, stopping).ConfigureAwait(false);
                }
            }
        }

        stopping.ThrowIfCancellationRequested();
    }

    /// <summary>On a handed-in data source, whose KeepAlive is not ours: asks the peer for a sign of life.</summary>
    private async Task ProbeAsync(NpgsqlConnection connection, CancellationToken stopping)
    {
        await using var command = new NpgsqlCommand("SELECT 1", connection) { CommandTimeout = Math.Max(1, (int)(_silence / 2).TotalSeconds) };
        await command.ExecuteNonQueryAsync(stopping).ConfigureAwait(false);
    }

    /// <returns>The process id of the backend that answers.</returns>
    private static async Task<int> RequirePrimaryAsync(NpgsqlConnection connection, CancellationToken stopping)
    {
        await using var command = new NpgsqlCommand("SELECT CASE WHEN pg_is_in_recovery() THEN 0 ELSE pg_backend_pid() END", connection);
        return (int)(await command.ExecuteScalarAsync(stopping).ConfigureAwait(false))! is > 0 and var backend
            ? backend
            : throw new DataException("The server is a standby, which sends no notifications. Connect the listener to the primary.");
    }

    private static async Task ChangeChannelsAsync(
        NpgsqlConnection connection, HashSet<string> names, HashSet<string> wanted, bool again, CancellationToken stopping)
    {
        // LISTEN before UNLISTEN, in one transaction: no moment without either.
        var statements = (again ? wanted : wanted.Except(names)).Select(name => "LISTEN " + ChannelNames.Quote(name))
            .Concat(names.Except(wanted).Select(name => "UNLISTEN " + ChannelNames.Quote(name)))
            .ToList();
        if (statements.Count > 0)
        {
            await using var command = new NpgsqlCommand(string.Join("; ", statements), connection);
            await command.ExecuteNonQueryAsync(stopping).ConfigureAwait(false);
            names.Clear();
            names.UnionWith(wanted);
        }
    }

    private (CancellationTokenSource Interrupt, TaskCompletionSource? ListenAgain) NewInterrupt()
    {
        lock (_lock)
        {
            // Made before the channels are read: a change after that cancels it, and the wait ends at once.
            var again = _listenAgain;
            _listenAgain = null;
            return (_interrupt = new CancellationTokenSource(), again);
        }
    }

    private Task ListenAgainAsync(CancellationToken cancellationToken)
    {
        Task done;
        lock (_lock)
        {
            _listenAgain ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            done = _listenAgain.Task;
        }

        Interrupt();
        return done.WaitAsync(cancellationToken);
    }

    private void Interrupt()
    {
        CancellationTokenSource? interrupt;
        lock (_lock)
        {
            interrupt = _interrupt;
            _interrupt = null;
        }

        // Not disposed by anyone: it has no timer, and whoever cancels it may come late.
        _ = interrupt?.CancelAsync();
    }

    private void OnCaughtUp((long From, long To)? replayed)
    {
        lock (_lock)
        {
            // The connection may be lost again, or for good: then the loop has said so already, or is about to.
            if (_isListening)
            {
                if (replayed is { } range)
                {
                    Log.Replayed(_logger, range.From, range.To);
                    _states.Set(new ListenerState(ListenerStatus.Replayed)
                    {
                        Replayed = (new EventVersion(range.From), new EventVersion(range.To)),
                    });
                }

                _isCaughtUp = true;
                Announce_NeedsLock();
            }
        }
    }

    /// <summary>LISTEN is in place, but the log cannot be read (yet): not provisioned, perhaps. The hub tries again by itself.</summary>
    private void OnReplayFailing(Exception error)
    {
        lock (_lock)
        {
            if (_isListening)
            {
                _isCaughtUp = false;
                _states.Set(new ListenerState(ListenerStatus.Reconnecting) { Reason = Reason(error) });
            }
        }

        _firstAttempt.TrySetResult();
    }

    private void OnTested(SelfTestResult result, bool throughPooler, CancellationToken lost)
    {
        lock (_lock)
        {
            if (!_isListening || lost.IsCancellationRequested || (result == SelfTestResult.Unknown && _tested is not null))
            {
                return;
            }

            var before = _tested;
            _tested = result;
            if (result == SelfTestResult.Isolated && before != SelfTestResult.Isolated)
            {
                _isolation = throughPooler ? PoolerLosesListen : NothingArrives;
                Log.ListenerIsolated(_logger, _connections.Target, _hub.NotificationsArrive(false), _isolation);
            }
            else if (result == SelfTestResult.Heard && _isolation is not null)
            {
                // Live once what was missed until now has been shown.
                _isolation = null;
                _isCaughtUp = false;
                Log.ListenerHears(_logger, _connections.Target);
                _hub.NotificationsArrive(true);
            }

            Announce_NeedsLock();
        }
    }

    /// <summary>Says live or degraded, once all that is needed for either is known.</summary>
    private void Announce_NeedsLock()
    {
        if (!_isListening || !_isCaughtUp || _tested is null)
        {
            return;
        }

        var state = _tested == SelfTestResult.Isolated
            ? new ListenerState(ListenerStatus.Degraded) { Reason = _isolation }
            : new ListenerState(ListenerStatus.Live);
        if (_states.Now != state)
        {
            _states.Set(state);
        }

        _firstAttempt.TrySetResult();
    }

    private async Task FailAsync(string reason, Exception error)
    {
        Log.ListenerFailed(_logger, _connections.Target, _failedAttempts, reason);
        _states.Set(new ListenerState(ListenerStatus.Failed) { FailedAttempts = _failedAttempts, Reason = reason });
        _firstAttempt.TrySetResult();
        await _hub.EndAsync(new EventStoreUnavailableException(
            UnavailableReason.ServerUnreachable, $"The listener gave up after {_failedAttempts} attempts. {reason}", error)).ConfigureAwait(false);
    }

    private string Reason(Exception error) =>
        PostgresErrors.Describes(error) ? PostgresErrors.Translate(error, _connections.Target).Message : error.Message;
}
