using System.Diagnostics;
using Npgsql;

namespace SyncKit.EfStore.Testing;

/// <summary>
/// A mix of faults, one after the other, by chance and yet the same again with the same seed. Run it beside an application, and check
/// afterwards that nothing was lost or done twice. One run at a time; make another for the next.
/// </summary>
public sealed class FaultSchedule
{
    private const int Repeated = 100; // The newest events whose notifications are sent again.
    private static readonly TimeSpan TryAgain = TimeSpan.FromMilliseconds(10);

    private readonly FaultScheduleOptions _options;
    private readonly FaultPlan _plan;
    private readonly BackendKiller _killer;
    private readonly DuplicateDelivery _duplicates;
    private readonly Dictionary<FaultKind, int> _injected = [];
    private readonly Stopwatch _clock = new();
    private TimeSpan? _silentSince;

    /// <summary>Checks the options and makes the plan; nothing happens yet.</summary>
    /// <param name="options">What to do.</param>
    /// <exception cref="ArgumentException">The mix is empty, a time negative, or a fault lacks its proxy or its server.</exception>
    public FaultSchedule(FaultScheduleOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _plan = new FaultPlan(options.Mix, options.Seed, options.Pause, endless: options.Duration is not null);
        _killer = new BackendKiller(options.ConnectionString);
        _duplicates = new DuplicateDelivery(options.ConnectionString);
    }

    /// <summary>Runs the faults. A fault counts when it hit somebody; one that did not is tried again for as long as the patience lasts.</summary>
    /// <param name="progress">Told of each fault after it happened.</param>
    /// <param name="cancellationToken">Ends it early, without an exception: the report says how far it came. A server that is down is started.</param>
    /// <returns>What was done.</returns>
    /// <exception cref="TimeoutException">A fault of an exact mix found nobody to hit for <see cref="FaultScheduleOptions.Patience"/>.</exception>
    /// <exception cref="PostgresUnavailableException">The server did not start again.</exception>
    /// <exception cref="InvalidOperationException">It was run before.</exception>
    public async Task<FaultReport> RunAsync(IProgress<FaultKind>? progress = null, CancellationToken cancellationToken = default)
    {
        if (_clock.Elapsed > TimeSpan.Zero)
        {
            throw new InvalidOperationException("A fault schedule runs once. Make another with the same options to do the same again.");
        }

        _clock.Start();
        try
        {
            while (!IsOver() && _plan.Next() is { } fault)
            {
                await Task.Delay(fault.Pause, TimeProvider.System, cancellationToken).ConfigureAwait(false);
                EndLongSilence();
                if (await InjectPatientlyAsync(fault.Kind, fault.Chance, cancellationToken).ConfigureAwait(false))
                {
                    _injected[fault.Kind] = _injected.GetValueOrDefault(fault.Kind) + 1;
                    progress?.Report(fault.Kind);
                }
            }
        }
        catch (Exception error) when (cancellationToken.IsCancellationRequested && error is not PostgresUnavailableException)
        {
            // Asked to end; whatever that threw is not news.
        }
        finally
        {
            _options.Proxy?.Resume();
        }

        return new FaultReport(_options.Seed, _injected, _clock.Elapsed);
    }

    private bool IsOver() => _clock.Elapsed > _options.Duration;

    private void EndLongSilence()
    {
        if (_clock.Elapsed - _silentSince > _options.SilenceFor)
        {
            _silentSince = null;
            _options.Proxy!.Resume();
        }
    }

    /// <summary>Whether it happened. Not, where nobody was there to hit and the time of the schedule is up.</summary>
    private async Task<bool> InjectPatientlyAsync(FaultKind kind, Random chance, CancellationToken cancellationToken)
    {
        var started = _clock.Elapsed;
        Exception? last = null;
        while (_clock.Elapsed - started <= _options.Patience)
        {
            try
            {
                if (await InjectAsync(kind, chance, cancellationToken).ConfigureAwait(false))
                {
                    return true;
                }
            }
            catch (NpgsqlException error)
            {
                last = error; // The server is starting or full, or the session of the fault was hit by another.
            }

            if (IsOver())
            {
                return false;
            }

            await Task.Delay(TryAgain, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            EndLongSilence();
        }

        throw new TimeoutException($"The fault {kind} found nobody to hit for {_options.Patience}.", last);
    }

    private async Task<bool> InjectAsync(FaultKind kind, Random chance, CancellationToken cancellationToken)
    {
        switch (kind)
        {
            case FaultKind.TerminateBackend:
                return await _killer.KillOneAsync(chance, _options.Victims, cancellationToken).ConfigureAwait(false);
            case FaultKind.CutConnections:
                return _options.Proxy!.Speaking > 0 && _options.Proxy.Cut() > 0; // To cut only what is silent already hits nobody.
            case FaultKind.SilenceConnections:
                return Silence();
            case FaultKind.HoldTransaction:
                await HoldAsync(chance, cancellationToken).ConfigureAwait(false);
                return true;
            case FaultKind.RepeatNotifications:
                return await RepeatAsync(cancellationToken).ConfigureAwait(false) > 0;
            case FaultKind.ForgeNotifications:
                return await _duplicates.ForgeAsync("forged", cancellationToken: cancellationToken).ConfigureAwait(false) > 0;
            case FaultKind.RestartServer:
                await _options.Server!.RestartAsync(ServerShutdown.Fast, _options.DownFor, cancellationToken).ConfigureAwait(false);
                return true;
            case FaultKind.CrashServer:
                await _options.Server!.RestartAsync(ServerShutdown.Immediate, _options.DownFor, cancellationToken).ConfigureAwait(false);
                return true;
            default:
                throw new NotSupportedException($"There is no fault {kind}.");
        }
    }

    private bool Silence()
    {
        var silenced = _options.Proxy!.Silence() > 0;
        if (silenced)
        {
            _silentSince ??= _clock.Elapsed;
        }

        return silenced;
    }

    private async Task HoldAsync(Random chance, CancellationToken cancellationToken)
    {
        var options = new HeldTransactionOptions { Draw = (VersionDraw)chance.Next(3) };
        var held = await HeldTransaction.BeginAsync(_options.ConnectionString, options, cancellationToken).ConfigureAwait(false);
        await using (held.ConfigureAwait(false))
        {
            var delay = _options.HoldFor * chance.NextDouble();
            if (chance.Next(2) == 0)
            {
                await held.CommitAfterAsync(delay, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await Task.Delay(delay, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<int> RepeatAsync(CancellationToken cancellationToken)
    {
        var connection = await FaultSession.OpenAsync(_options.ConnectionString, "synckit-fault-schedule", cancellationToken).ConfigureAwait(false);
        long newest;
        await using (connection.ConfigureAwait(false))
        {
            newest = await connection.ScalarAsync<long>("SELECT coalesce(max(version), 0) FROM events", cancellationToken).ConfigureAwait(false);
        }

        return await _duplicates.ResendAsync(
            new EventVersion(Math.Max(0, newest - Repeated)), new EventVersion(newest), cancellationToken).ConfigureAwait(false);
    }
}
