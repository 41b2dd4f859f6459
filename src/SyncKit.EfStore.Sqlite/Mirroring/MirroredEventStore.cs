using SyncKit.EfStore.Sqlite.Mirroring;
using SyncKit.EfStore.Sqlite.Storage;

namespace SyncKit.EfStore.Sqlite;

/// <summary>
/// An event store that is two: one leads, the other follows. Appends go to the leader and are answered when the leader has them; reads come from
/// the leader. The follower gets every event in the leader's order, at once, or when it is back. Safe for any number of threads.
/// </summary>
/// <remarks>
/// <para>
/// No event is acknowledged that the leader does not have. A follower that is away, slow or at fault never fails or delays an append:
/// <see cref="Status"/> tells of it. How far the copy got is recorded in the follower, in the transaction that writes the events: a process that is
/// killed goes on from there, and nothing is lost or stored twice.
/// </para>
/// <para>
/// One process mirrors; it holds <see cref="MirrorOptions.StateFile"/> locked, and a second one gets a <see cref="MirrorException"/> at its first call.
/// Others may read both places. Others may also append to the leader, past this process: it finds what they append within
/// <see cref="MirrorOptions.PollInterval"/>, but cannot make them wait while the lead is switched, so stop them before that. Nobody else may
/// append to the follower: an event there that the leader does not have puts the mirror at fault, which names it.
/// </para>
/// <para>
/// Each place has its own versions: the same event may have another one there. A version that was kept as a cursor is of the place that led then.
/// Starts with the first call, or with <see cref="StartAsync"/>.
/// </para>
/// </remarks>
public sealed class MirroredEventStore : IEventStore, IDisposable
{
    private readonly MirrorPlace _first;
    private readonly MirrorPlace _second;
    private readonly MirrorOptions _options;
    private readonly TimeProvider _time;
    private readonly MirrorStatusBoard _board;
    private readonly AppendGate _gate = new();
    private readonly SemaphoreSlim _switching = new(1);
    private readonly CallsUnderWay _calls = new(static () => { });
    private readonly Lock _starting = new();
    private readonly CancellationTokenSource _ending = new();
    private volatile Running? _running;
    private long _acknowledged;

    /// <summary>Creates the mirror of two logs.</summary>
    /// <param name="first">One of them.</param>
    /// <param name="second">The other.</param>
    /// <param name="options">How. Read once: later changes have no effect.</param>
    /// <param name="time">The clock of waits. Default: the system's.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">Options are out of bounds.</exception>
    public MirroredEventStore(MirrorPlace first, MirrorPlace second, MirrorOptions options, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        ArgumentNullException.ThrowIfNull(options);
        MirrorOptionsValidator.ThrowIfInvalid(options);
        (_first, _second) = (first, second);
        _options = new MirrorOptions
        {
            StateFile = options.StateFile,
            Leader = options.Leader,
            PollInterval = options.PollInterval,
            MaxRetryDelay = options.MaxRetryDelay,
            SwitchTimeout = options.SwitchTimeout,
        };
        _time = time ?? TimeProvider.System;
        _board = new MirrorStatusBoard(_time) { Changed = Tell };
    }

    /// <summary>
    /// Told when state, lead or problem change, one change after the other. A handler must return soon: the mirror waits for it. What it throws is
    /// dropped.
    /// </summary>
    public event EventHandler<MirrorStatus>? StatusChanged;

    /// <summary>How the mirror stands now.</summary>
    /// <exception cref="MirrorException">It cannot start.</exception>
    public MirrorStatus Status
    {
        get
        {
            _ = Started();
            return _board.Now;
        }
    }

    /// <summary>Begins to follow; again does nothing. Returns at once, whether the places can be reached or not.</summary>
    /// <param name="cancellationToken">Not used: nothing is waited for.</param>
    /// <exception cref="MirrorException">Another process mirrors, or the state file cannot be used.</exception>
    public Task StartAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _ = Started();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<AppendResult> StoreAsync(EventData eventData, CancellationToken cancellationToken = default) =>
        AppendAsync((store, token) => store.StoreAsync(eventData, token), cancellationToken);

    /// <inheritdoc/>
    public Task<AppendResult> StoreAsync(IReadOnlyList<EventData> events, CancellationToken cancellationToken = default) =>
        AppendAsync((store, token) => store.StoreAsync(events, token), cancellationToken);

    /// <inheritdoc/>
    public Task<AppendResult> AppendAsync(
        IReadOnlyList<EventData> events, ExpectedVersion expected, CancellationToken cancellationToken = default) =>
        AppendAsync((store, token) => store.AppendAsync(events, expected, token), cancellationToken);

    /// <inheritdoc/>
    public Task<AppendResult> AppendAsync(IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken = default) =>
        AppendAsync((store, token) => store.AppendAsync(appends, token), cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<StoredEvent> LoadAsync(EventVersion since, CancellationToken cancellationToken = default) =>
        Leader.LoadAsync(since, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<StoredEvent> LoadByAggregateAsync(
        string aggregateId, EventVersion since = default, CancellationToken cancellationToken = default) =>
        Leader.LoadByAggregateAsync(aggregateId, since, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<StoredEvent> ReadAsync(EventQuery query, CancellationToken cancellationToken = default) =>
        Leader.ReadAsync(query, cancellationToken);

    /// <inheritdoc/>
    public Task<EventVersion> GetLatestVersionAsync(CancellationToken cancellationToken = default) => Leader.GetLatestVersionAsync(cancellationToken);

    /// <inheritdoc/>
    public EventVersion ParseVersion(string text) => EventVersion.Parse(text);

    /// <summary>Ends when the follower holds every event up to a version of the leader; waits for a follower that is away.</summary>
    /// <param name="version">Of the place that leads now, such as <see cref="AppendResult.Version"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="MirrorException">The follower is at fault, or the lead was switched meanwhile.</exception>
    public async Task WaitUntilFollowedAsync(EventVersion version, CancellationToken cancellationToken = default)
    {
        var running = Started();
        running.Follower.LookAgain();
        var leader = running.Leader.Name;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token, cancellationToken);
        var now = await _board.WaitAsync(
            status => status.Leader != leader || status.FollowedUpTo >= version || status.State == MirrorState.Faulted, ended.Token).ConfigureAwait(false);
        if (now.Leader != leader)
        {
            throw new MirrorException($"The lead went to '{now.Leader}' while a version of '{leader}' was waited for. Ask for the version the event has there.");
        }

        if (now.FollowedUpTo < version)
        {
            throw Faulted(now);
        }
    }

    /// <summary>
    /// Makes the follower lead and the leader follow. Waits until the follower is up to date while appends go on; then holds appends back, which wait
    /// and do not fail, until those under way have ended and the follower has everything; then switches. Appends are held back for
    /// <see cref="MirrorOptions.SwitchTimeout"/> at most: past it everything stays as it was.
    /// </summary>
    /// <param name="cancellationToken">Ends the attempt; the lead is switched or everything stays as it was.</param>
    /// <remarks>The lead is remembered in <see cref="MirrorOptions.StateFile"/>. Reads begun before the switch end on the place where they began.</remarks>
    /// <exception cref="MirrorException">The follower is at fault, or it cannot be reached, or it did not get there in time.</exception>
    public async Task SwitchLeadAsync(CancellationToken cancellationToken = default)
    {
        _calls.Enter();
        try
        {
            await _switching.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                using var ended = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token, cancellationToken);
                await SwitchAsync(Started(), ended.Token).ConfigureAwait(false);
            }
            finally
            {
                _switching.Release();
            }
        }
        finally
        {
            _calls.Leave();
        }
    }

    /// <summary>Takes no more calls, answers the appends under way, and ends following. The two stores stay as they are; whoever made them disposes them.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        _calls.End();
        await _calls.Over.ConfigureAwait(false);
        Running? running;
        lock (_starting)
        {
            (running, _running) = (_running, null);
        }

        if (running is not null)
        {
            await running.Follower.DisposeAsync().ConfigureAwait(false);
            running.State.Dispose();
        }
    }

    /// <summary>For a container that is disposed synchronously: signals the end without waiting for it.</summary>
    public void Dispose() => _ = DisposeAsync().AsTask();

    private IEventStore Leader => Started().Leader.Store;

    private async Task<AppendResult> AppendAsync(Func<IEventStore, CancellationToken, Task<AppendResult>> append, CancellationToken cancellationToken)
    {
        _calls.Enter();
        try
        {
            _ = Started();
            await _gate.EnterAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                // Within the gate, so the lead stays where it is until the append has ended.
                var running = Started();
                var result = await append(running.Leader.Store, cancellationToken).ConfigureAwait(false);
                Raise(ref _acknowledged, result.Events.Max(one => one.Version.Value));
                running.Follower.LookAgain();
                return result;
            }
            finally
            {
                _gate.Leave();
            }
        }
        finally
        {
            _calls.Leave();
        }
    }

    private async Task SwitchAsync(Running running, CancellationToken cancellationToken)
    {
        await FollowedAsync(running, cancellationToken).ConfigureAwait(false);
        using var timeout = new CancellationTokenSource(_options.SwitchTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await _gate.CloseAsync(either.Token).ConfigureAwait(false);
            await FollowedAsync(running, either.Token).ConfigureAwait(false);

            // From here on it is switched: no more copies this way, and the state file decides.
            await running.Follower.DisposeAsync().ConfigureAwait(false);
            var leader = running.State.Leader == MirrorSide.First ? MirrorSide.Second : MirrorSide.First;
            try
            {
                running.State.Write(leader);
            }
            catch (IOException error)
            {
                _running = Follow(running.State);
                throw new MirrorException($"The lead stays with '{running.Leader.Name}': the state file could not be written. {error.Message}", error);
            }

            _acknowledged = 0;
            _running = Follow(running.State);
        }
        catch (OperationCanceledException error) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new MirrorException(
                $"The lead stays with '{running.Leader.Name}': appends under way and the follower '{running.Other.Name}' did not end within {_options.SwitchTimeout}. "
                    + "Try again, or raise SwitchTimeout.",
                error);
        }
        finally
        {
            _gate.Open();
        }
    }

    /// <summary>Ends when the follower has everything the leader has acknowledged and everything that is settled there.</summary>
    private async Task FollowedAsync(Running running, CancellationToken cancellationToken)
    {
        var latest = await running.Leader.Source.GetLatestVersionAsync(cancellationToken).ConfigureAwait(false);
        var wanted = new EventVersion(Math.Max(latest.Value, Volatile.Read(ref _acknowledged)));
        running.Follower.LookAgain();
        var now = await _board.WaitAsync(
            status => status.FollowedUpTo >= wanted || status.State != MirrorState.Following, cancellationToken).ConfigureAwait(false);
        if (now.State != MirrorState.Following)
        {
            throw now.State == MirrorState.Faulted
                ? Faulted(now)
                : new MirrorException($"The lead stays with '{running.Leader.Name}': both places must be reachable, but {now.Problem}");
        }
    }

    private static MirrorException Faulted(MirrorStatus now) => new(
        $"The follower '{now.Follower}' cannot follow '{now.Leader}'. {now.Problem} Find out with 'synckit verify', and make the follower what the leader is.");

    private Running Started()
    {
        if (_running is { } running)
        {
            return running;
        }

        lock (_starting)
        {
            if (_running is null)
            {
                ObjectDisposedException.ThrowIf(_calls.IsEnding, this);
                var state = MirrorStateFile.Open(_options.StateFile, _options.Leader);
                _running = Follow(state);
            }

            return _running;
        }
    }

    private Running Follow(MirrorStateFile state)
    {
        var (leader, other) = state.Leader == MirrorSide.First ? (_first, _second) : (_second, _first);
        var follower = new Follower(leader, other, _options, _board, _time);
        follower.Start();
        return new Running(leader, other, follower, state);
    }

    private void Tell(MirrorStatus status)
    {
        foreach (var handler in StatusChanged?.GetInvocationList().Cast<EventHandler<MirrorStatus>>() ?? [])
        {
            try
            {
                handler(this, status);
            }
            catch (Exception)
            {
                // A handler's fault is not the mirror's, which goes on.
            }
        }
    }

    private static void Raise(ref long highest, long value)
    {
        for (var seen = Volatile.Read(ref highest); seen < value;)
        {
            var was = Interlocked.CompareExchange(ref highest, value, seen);
            if (was == seen)
            {
                return;
            }

            seen = was;
        }
    }

    private sealed record Running(MirrorPlace Leader, MirrorPlace Other, Follower Follower, MirrorStateFile State);
}
