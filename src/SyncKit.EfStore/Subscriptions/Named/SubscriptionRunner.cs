using SyncKit.EfStore.Diagnostics;
using SyncKit.EfStore.Notifications;

namespace SyncKit.EfStore.Subscriptions.Named;

/// <summary>
/// One instance of a named subscription:
/// standby → lease → checkpoint → (settled mark → read → handle → save → wait for a hint or the poll) → lease given back.
/// Whatever breaks leads back to standby, from where the row tells how to go on; nothing is remembered beyond it.
/// </summary>
internal sealed class SubscriptionRunner : IAsyncDisposable
{
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(5);

    private readonly SubscriptionDefinition _definition;
    private readonly IDelivery _delivery;
    private readonly SubscriptionServices _services;
    private readonly SubscriptionOptions _options;
    private readonly TimeSpan _poll;
    private readonly TimeSpan _standbyPoll;
    private readonly HandlerRetries _retries;
    private readonly ReconnectSchedule _schedule;
    private readonly CancellationTokenSource _stopping = new();
    private readonly string _owner = $"{Environment.MachineName}/{Environment.ProcessId}/{Guid.NewGuid():N}";
    private readonly Lock _lock = new();
    private Task? _running; // under _lock
    private volatile LeaseKeeper? _keeper;
    private volatile LookAgain? _hint;

    internal SubscriptionRunner(SubscriptionDefinition definition, IDelivery delivery, SubscriptionServices services)
    {
        _definition = definition;
        _delivery = delivery;
        _services = services;
        _options = definition.Options;
        _poll = _options.PollInterval ?? services.Options.PollInterval;
        _standbyPoll = _options.LeaseDuration / 3 < _poll ? _options.LeaseDuration / 3 : _poll;
        _schedule = new ReconnectSchedule(services.Options.ReconnectInterval, services.Options.MaxReconnectInterval, Random.Shared.NextDouble);
        States = new SubscriptionStates(definition.Name, services.Time);
        Signals = new SubscriptionSignals(Name, services.Metrics, () => States.State, services.Time);
        _retries = new HandlerRetries(Name, _options, services.Time, HandlerFailed);
    }

    internal string Name => _definition.Name;

    private int BatchSize => _options.BatchSize ?? _services.Options.BatchSize;

    internal SubscriptionStates States { get; }

    internal SubscriptionSignals Signals { get; }

    /// <summary>Throws where it can never work; a server that is away is no reason.</summary>
    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _delivery.CheckAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not SubscriptionException && !cancellationToken.IsCancellationRequested)
        {
            // The run checks again, and says what it meets.
        }

        lock (_lock)
        {
            _running ??= CallerContext.Without(() => Task.Run(RunAsync, CancellationToken.None));
        }
    }

    /// <summary>Lets the handler's call end, as its token asks it to, and gives the lease back.</summary>
    internal async Task StopAsync()
    {
        Task? running;
        lock (_lock)
        {
            running = _running ??= Task.CompletedTask;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await running.ConfigureAwait(false);
        States.Set(SubscriptionStatus.Stopped);
    }

    /// <summary>Something was asked of the subscription in this very process: see at once what.</summary>
    internal void LookNow()
    {
        _keeper?.LookNow();
        _hint?.Set();
    }

    /// <summary>Where it begins when it has no row yet.</summary>
    internal async ValueTask<long> FirstCheckpointAsync(CancellationToken cancellationToken) => _options.From.IsNow
        ? await _services.Follower.SettledAsync(cancellationToken).ConfigureAwait(false)
        : _options.From.Version.Value;

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        States.Dispose();
    }

    private void HandlerFailed(Exception error)
    {
        if (States.State.Status != SubscriptionStatus.Retrying)
        {
            Log.HandlerRetried(_services.Logger, Name, error);
        }

        Signals.Retried();
        States.Set(SubscriptionStatus.Retrying, error: HandlerErrors.Describe(error));
    }

    private async Task RunAsync()
    {
        var stopping = _stopping.Token;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await _delivery.CheckAsync(stopping).ConfigureAwait(false);
                await StandByAsync(stopping).ConfigureAwait(false);
            }
            catch (Exception) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (DeposedException)
            {
                Log.LeaseLost(_services.Logger, Name);
            }
            catch (SubscriptionException error)
            {
                // Refused for good; it only came here because the server was away when the host started.
                Log.SubscriptionFaulted(_services.Logger, Name, error.Message);
                States.Set(SubscriptionStatus.Faulted, error: error.Message);
                return;
            }
            catch (Exception error)
            {
                var wait = _schedule.NextDelay();
                var told = _services.Told(error);
                if (_schedule.Failures == 1)
                {
                    Log.SubscriptionRetried(_services.Logger, Name, wait, told);
                }

                States.Set(SubscriptionStatus.Retrying, error: HandlerErrors.Describe(told), isStoreAway: HandlerErrors.IsStoreAway(error));
                await Task.Delay(wait, _services.Time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task StandByAsync(CancellationToken stopping)
    {
        while (true)
        {
            // From before the UPDATE: the server counts from a moment no earlier.
            var acquired = _services.Time.GetTimestamp();
            if (await _services.Checkpoints.AcquireAsync(Name, _owner, _options.LeaseDuration, stopping).ConfigureAwait(false) is { } taken)
            {
                await HoldAsync(taken.Lease, taken.Look, acquired, stopping).ConfigureAwait(false);
                return;
            }

            if (await _services.Checkpoints.ExistsAsync(Name, stopping).ConfigureAwait(false))
            {
                States.Set(SubscriptionStatus.Standby);
                _schedule.Succeeded();
                await Task.Delay(_standbyPoll, _services.Time, stopping).ConfigureAwait(false);
            }
            else
            {
                var start = await FirstCheckpointAsync(stopping).ConfigureAwait(false);
                await _services.Checkpoints.CreateAsync(Name, start, stopping).ConfigureAwait(false);
            }
        }
    }

    private async Task HoldAsync(Lease lease, LeaseLook look, long acquired, CancellationToken stopping)
    {
        Log.LeaseTaken(_services.Logger, Name, lease.Position.Version, lease.Token);
        var hint = new LookAgain(_services.Hub, _options.Filter.Hints(), _services.Time);
        var keeper = new LeaseKeeper(_services.Checkpoints, lease, look, _options.LeaseDuration, acquired, _services.Time, hint.Set);
        _hint = hint;
        _keeper = keeper;
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, keeper.Lost);
            try
            {
                await ActAsync(lease, keeper, hint, either.Token).ConfigureAwait(false);
            }
            catch (Exception) when (keeper.Lost.IsCancellationRequested && !stopping.IsCancellationRequested)
            {
                throw new DeposedException(Name);
            }
        }
        finally
        {
            _keeper = null;
            _hint = null;
            await keeper.DisposeAsync().ConfigureAwait(false);
            await hint.DisposeAsync().ConfigureAwait(false);
            if (stopping.IsCancellationRequested)
            {
                await ReleaseAsync(lease).ConfigureAwait(false);
            }
        }
    }

    private async Task ActAsync(Lease lease, LeaseKeeper keeper, LookAgain hint, CancellationToken cancellationToken)
    {
        ActiveRun? run = null;
        var wasLive = false;
        while (true)
        {
            if (keeper.Look is { Status: not LeaseLook.Running } halted)
            {
                var status = halted.Status == LeaseLook.Paused ? SubscriptionStatus.Paused : SubscriptionStatus.Faulted;
                States.Set(status, lease.Position.Version, error: halted.Error);
                _schedule.Succeeded();
                run = null; // What is asked for meanwhile may change what it knows.
                await hint.WaitAsync(_poll, cancellationToken).ConfigureAwait(false);
                continue;
            }

            if (run is null)
            {
                if (await _services.Checkpoints.VerifyAsync(lease, cancellationToken).ConfigureAwait(false) is { } rewound)
                {
                    await FaultAsync(lease, keeper, Fault.OfLog(rewound), cancellationToken).ConfigureAwait(false);
                    continue;
                }

                var blocked = await _services.Parked.StreamsAsync(Name, cancellationToken).ConfigureAwait(false);
                Signals.Blocks(blocked.Count);
                run = new ActiveRun(lease, blocked, _options, _retries, Signals, _services.Logger);
            }

            if (keeper.Look.ReplayAsked)
            {
                await ReplayAsync(run, cancellationToken).ConfigureAwait(false);
                keeper.Replayed();
            }

            // Before the read: what settles meanwhile is the next turn's.
            var (mark, isHeldBack) = await _services.Follower
                .SettledBeyondAsync(lease.Position.Version, cancellationToken).ConfigureAwait(false);
            var lag = mark - lease.Position.Version;
            if (lag <= 0)
            {
                wasLive = true;
                Signals.CaughtUp();
                States.Set(SubscriptionStatus.Live, lease.Position.Version, lag: 0);
                _schedule.Succeeded();

                // Whoever holds the mark back may roll back, and nobody notifies of that.
                if (!isHeldBack)
                {
                    await hint.WaitAsync(_poll, cancellationToken).ConfigureAwait(false);
                }
            }
            else
            {
                var status = !wasLive ? SubscriptionStatus.CatchingUp : lag > BatchSize ? SubscriptionStatus.Behind : SubscriptionStatus.Live;
                States.Set(status, lease.Position.Version, lag);
                await HandleUpToAsync(run, keeper, mark, status, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Everything between the checkpoint and a settled version, batch by batch, unless something is asked meanwhile.</summary>
    private async Task HandleUpToAsync(
        ActiveRun run, LeaseKeeper keeper, long mark, SubscriptionStatus status, CancellationToken cancellationToken)
    {
        var lease = run.Lease;
        while (lease.Position.Version < mark)
        {
            var end = _options.Filter.WindowEnd(lease.Position.Version, mark);
            var query = _options.Filter.Between(lease.Position.Version, end);
            var batchSize = BatchSize;
            var batch = new List<StoredEvent>(Math.Min(batchSize, 1_000));
            await foreach (var stored in _services.Reader.ReadAsync(query, cancellationToken).ConfigureAwait(false))
            {
                batch.Add(stored);
                if (batch.Count == batchSize)
                {
                    if (!await DeliverAsync(batch, new CheckpointPosition(stored.Version.Value, stored.Id)).ConfigureAwait(false))
                    {
                        return;
                    }

                    batch.Clear();
                }
            }

            if (end > lease.Position.Version)
            {
                var position = await PositionAsync(end, batch, cancellationToken).ConfigureAwait(false);
                if (!await DeliverAsync(batch, position).ConfigureAwait(false))
                {
                    return;
                }
            }
        }

        async Task<bool> DeliverAsync(IReadOnlyList<StoredEvent> batch, CheckpointPosition position)
        {
            using var span = Signals.StartBatch(batch);
            var fault = await _delivery.DeliverAsync(run, batch, position, cancellationToken).ConfigureAwait(false);
            if (fault is not null)
            {
                await FaultAsync(lease, keeper, fault, cancellationToken).ConfigureAwait(false);
                return false;
            }

            _schedule.Succeeded();
            States.Set(status, lease.Position.Version, Math.Max(0, mark - lease.Position.Version));
            return keeper.Look is { Status: LeaseLook.Running, ReplayAsked: false };
        }
    }

    /// <summary>The event at a settled version, which the filter may have left out of the batch.</summary>
    private async Task<CheckpointPosition> PositionAsync(long version, List<StoredEvent> batch, CancellationToken cancellationToken)
    {
        if (batch.Count > 0 && batch[^1].Version.Value == version)
        {
            return new CheckpointPosition(version, batch[^1].Id);
        }

        string? id = null;
        await foreach (var stored in _services.Reader.ReadVersionsAsync([version], cancellationToken).ConfigureAwait(false))
        {
            id = stored.Id;
        }

        return new CheckpointPosition(version, id);
    }

    private async Task ReplayAsync(ActiveRun run, CancellationToken cancellationToken)
    {
        foreach (var stream in await _services.Parked.ToReplayAsync(Name, cancellationToken).ConfigureAwait(false))
        {
            HandlerFailure? failure = null;
            await foreach (var stored in _services.Reader.ReadVersionsAsync([.. stream], cancellationToken).ConfigureAwait(false))
            {
                failure = await _delivery.DeliverParkedAsync(run, stored, cancellationToken).ConfigureAwait(false);
                if (failure is not null)
                {
                    Log.ReplayedInVain(_services.Logger, Name, stored.Version.Value, failure.Error);
                    await _services.Parked.FailedAgainAsync(
                        run.Lease, stored, failure.Attempts, HandlerErrors.Describe(failure.Error), cancellationToken).ConfigureAwait(false);
                    break;
                }
            }

            if (failure is null)
            {
                run.Unblock(stream.Key);
            }
        }
    }

    private async Task FaultAsync(Lease lease, LeaseKeeper keeper, Fault fault, CancellationToken cancellationToken)
    {
        Log.SubscriptionFaulted(_services.Logger, Name, fault.Text);
        keeper.Halted(await _services.Checkpoints.FaultAsync(lease, fault, cancellationToken).ConfigureAwait(false));
    }

    private async Task ReleaseAsync(Lease lease)
    {
        try
        {
            using var patience = new CancellationTokenSource(LastWords);
            await _services.Checkpoints.ReleaseAsync(lease, patience.Token).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Then it runs out by itself.
        }
    }
}
