using System.Runtime.ExceptionServices;
using Microsoft.Extensions.DependencyInjection;

namespace SyncKit.EfStore.Subscriptions.Named;

/// <summary>
/// For a handler that writes where it likes: at least once. Streams are spread over as many workers as may run at once, each with a scope and
/// a handler of its own; the checkpoint goes to just before the first event that nobody handled.
/// </summary>
internal sealed class PlainDelivery<THandler>(IServiceScopeFactory scopes, CheckpointTable checkpoints) : IDelivery
    where THandler : class, IEventHandler
{
    // The last checkpoint of a run that is being ended must not hang on a server that is away.
    private static readonly TimeSpan LastSave = TimeSpan.FromSeconds(5);

    public Task CheckAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task<Fault?> DeliverAsync(
        ActiveRun run, IReadOnlyList<StoredEvent> events, CheckpointPosition end, CancellationToken cancellationToken)
    {
        var stop = new StopLine();
        Share[] shares;
        if (run.MaxParallelism == 1 || events.Count <= 1)
        {
            shares = [await WorkAsync(run, events, stop, cancellationToken).ConfigureAwait(false)];
        }
        else
        {
            var byWorker = events.GroupBy(stored => (uint)stored.AggregateId.GetHashCode(StringComparison.Ordinal) % (uint)run.MaxParallelism);
            shares = await Task.WhenAll(byWorker.Select(
                share => Task.Run(() => WorkAsync(run, [.. share], stop, cancellationToken), CancellationToken.None))).ConfigureAwait(false);
        }

        // What is behind a stop was perhaps handled by another worker; it comes again, and so the checkpoint stays before it.
        var unhandled = shares.Min(share => share.UnhandledFrom);
        var parked = shares.SelectMany(share => share.Parked).Where(parking => parking.Stored.Version.Value < unhandled)
            .OrderBy(parking => parking.Stored.Version).ToList();
        var handled = unhandled == long.MaxValue ? end : Before(events, unhandled) ?? run.Lease.Position;
        await SaveAsync(run, handled, parked, cancellationToken).ConfigureAwait(false);
        if (shares.FirstOrDefault(share => share.Error is not null)?.Error is { } error)
        {
            ExceptionDispatchInfo.Throw(error);
        }

        cancellationToken.ThrowIfCancellationRequested();
        return shares.Select(share => share.Fault).FirstOrDefault(fault => fault?.Stored?.Version.Value == unhandled);
    }

    public async Task<HandlerFailure?> DeliverParkedAsync(ActiveRun run, StoredEvent stored, CancellationToken cancellationToken)
    {
        var scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            var handler = scope.ServiceProvider.GetRequiredService<THandler>();
            var failure = await TryAsync(run, handler, stored, cancellationToken).ConfigureAwait(false);
            if (failure is null)
            {
                var write = new CheckpointWrite(run.Lease.Position) { Unparked = stored.Version.Value };
                await checkpoints.SaveAsync(run.Lease, write, cancellationToken).ConfigureAwait(false);
            }

            return failure;
        }
    }

    private static Task<HandlerFailure?> TryAsync(ActiveRun run, THandler handler, StoredEvent stored, CancellationToken cancellationToken) =>
        run.Retries.TryAsync(
            token =>
            {
                run.Retries.RequireKnown(stored);
                return run.Signals.HandleAsync(stored, () => handler.HandleAsync(stored, token));
            },
            failedBefore: null,
            cancellationToken);

    /// <summary>Handles a share of the events in order, up to where it or another share was stopped: everything before that is handled.</summary>
    private async Task<Share> WorkAsync(ActiveRun run, IReadOnlyList<StoredEvent> events, StopLine stop, CancellationToken cancellationToken)
    {
        var share = new Share();
        var current = events.Count == 0 ? 0 : events[0].Version.Value;
        try
        {
            var scope = scopes.CreateAsyncScope();
            await using (scope.ConfigureAwait(false))
            {
                var handler = scope.ServiceProvider.GetRequiredService<THandler>();
                foreach (var stored in events)
                {
                    current = stored.Version.Value;
                    if (stop.IsBefore(current))
                    {
                        share.UnhandledFrom = current;
                        break;
                    }

                    cancellationToken.ThrowIfCancellationRequested();
                    if (run.Behind(stored) is { } behind)
                    {
                        share.Parked.Add(behind);
                    }
                    else if (!run.Retries.Ignores(stored))
                    {
                        await HandleAsync(run, handler, stored, share, cancellationToken).ConfigureAwait(false);
                        if (share.Fault is not null)
                        {
                            share.UnhandledFrom = current;
                            stop.Lower(current);
                            break;
                        }
                    }
                }
            }
        }
        catch (Exception error)
        {
            share.UnhandledFrom = current;
            share.Error = error;
            stop.Lower(current);
        }

        return share;
    }

    private static async Task HandleAsync(ActiveRun run, THandler handler, StoredEvent stored, Share share, CancellationToken cancellationToken)
    {
        if (await TryAsync(run, handler, stored, cancellationToken).ConfigureAwait(false) is not { } failure)
        {
            return;
        }

        (share.Fault, var parking) = run.Answer(stored, failure);
        if (parking is not null)
        {
            share.Parked.Add(parking);
        }
    }

    private async Task SaveAsync(
        ActiveRun run, CheckpointPosition handled, List<Parking> parked, CancellationToken cancellationToken)
    {
        if (handled.Version == run.Lease.Position.Version && parked.Count == 0)
        {
            return;
        }

        // Also when the run is being ended: what was handled need not come again.
        using var last = new CancellationTokenSource();
        using var onlyEnding = cancellationToken.Register(() => last.CancelAfter(LastSave));
        await checkpoints.SaveAsync(run.Lease, new CheckpointWrite(handled) { Parked = parked }, last.Token).ConfigureAwait(false);
    }

    private static CheckpointPosition? Before(IReadOnlyList<StoredEvent> events, long unhandled)
    {
        StoredEvent? last = null;
        foreach (var stored in events)
        {
            if (stored.Version.Value >= unhandled)
            {
                break;
            }

            last = stored;
        }

        return last is null ? null : new CheckpointPosition(last.Version.Value, last.Id);
    }

    /// <summary>The lowest version that stopped a worker. The others still handle what is before it, so that the next run does not begin there.</summary>
    private sealed class StopLine
    {
        private long _at = long.MaxValue;

        internal bool IsBefore(long version) => Volatile.Read(ref _at) < version;

        internal void Lower(long version)
        {
            var at = Volatile.Read(ref _at);
            while (version < at)
            {
                var found = Interlocked.CompareExchange(ref _at, version, at);
                if (found == at)
                {
                    return;
                }

                at = found;
            }
        }
    }

    /// <summary>What one worker did.</summary>
    private sealed class Share
    {
        internal List<Parking> Parked { get; } = [];

        internal long UnhandledFrom { get; set; } = long.MaxValue;

        internal Fault? Fault { get; set; }

        internal Exception? Error { get; set; }
    }
}
