using Microsoft.Extensions.Logging;
using Polly;
using SyncKit.EfStore.Diagnostics;
using SyncKit.EfStore.Notifications;
using SyncKit.EfStore.Ordering;
using SyncKit.EfStore.Reading;

namespace SyncKit.EfStore.Subscriptions;

/// <summary>
/// A handler fed with events: first those after a version, if asked, then each new one. The notification says which; the log says what.
/// </summary>
/// <remarks>
/// Catching up begins once live notifications arrive, which wait meanwhile. What was read is not handled again when its notification comes:
/// everything up to the version that was settled then, and above it exactly the versions that one snapshot showed. Several snapshots would
/// show a successor in a stream whose predecessor was committed too late for the one before.
/// <para>
/// A forged notification may make the hub show a version twice, or as another stream's. What a notification led to is therefore remembered,
/// and of the event that was read only the log says which stream it is of.
/// </para>
/// </remarks>
internal sealed class EventSubscription : IAsyncDisposable
{
    private const int VersionsPerRead = 1_000;

    // Only a version that the hub has not confirmed can be shown again, and of those that it shows above it until then none is confirmed either:
    // confirming is a read of all below. So the highest of what was handled, as many as it may have unconfirmed, are all that can come again.
    private const int MostToldRuns = 2 * ShownVersions.MostUnconfirmed;

    private readonly NotificationHub _hub;
    private readonly EventReader _reader;
    private readonly HeaderReader _headers;
    private readonly SettledMark _settled;
    private readonly Func<StoredEvent, CancellationToken, Task> _handler;
    private readonly string? _aggregateId;
    private readonly ILogger _logger;
    private readonly ResiliencePipeline _patience;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _caughtUp = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Written while catching up, read by deliveries, which wait for _caughtUp.
    private readonly VersionSet _handledAbove = new();
    private long _handledThrough;

    private readonly VersionSet _handledAsTold = new(); // deliveries only

    private HubSubscription? _place;
    private Task _catchUp = Task.CompletedTask;
    private int _disposed;

    internal EventSubscription(
        NotificationHub hub,
        EventReader reader,
        HeaderReader headers,
        SettledMark settled,
        string? aggregateId,
        Func<StoredEvent, CancellationToken, Task> handler,
        TimeProvider time,
        ILogger logger)
    {
        _hub = hub;
        _reader = reader;
        _headers = headers;
        _settled = settled;
        _aggregateId = aggregateId;
        _handler = handler;
        _logger = logger;
        _patience = PatientRead.Create(time, (wait, error) => Log.SubscriptionReadFailed(logger, wait, error));
    }

    /// <summary>Ends once every event from now on will reach the handler.</summary>
    internal async Task StartAsync(EventVersion? since, CancellationToken cancellationToken)
    {
        _place = _hub.Add(new NotificationFilter(_aggregateId), DeliverAsync, _ => { }, nothingOld: true);
        try
        {
            await _place.InPlace.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await DisposeAsync().ConfigureAwait(false);
            throw;
        }

        if (since is { } version)
        {
            _catchUp = CallerContext.Without(() => Task.Run(() => CatchUpAsync(version.Value), CancellationToken.None));
        }
        else
        {
            _caughtUp.SetResult();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
        {
            return;
        }

        // The queue is told first: a handler that ends because its token does must find the queue ending too. Then both are awaited.
        var removed = _place is null ? Task.CompletedTask : _hub.RemoveAsync(_place);
        await _stopping.CancelAsync().ConfigureAwait(false);
        _caughtUp.TrySetCanceled();
        await removed.ConfigureAwait(false);

        await _catchUp.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task CatchUpAsync(long since)
    {
        try
        {
            var settled = await PatientlyAsync(_settled.AdvanceAsync).ConfigureAwait(false);
            _handledThrough = Math.Max(since, settled);
            await HandleSettledAsync(since, new EventVersion(_handledThrough + 1)).ConfigureAwait(false);
            await PatientlyAsync(async cancellationToken =>
            {
                string[]? streams = _aggregateId is null ? null : [_aggregateId];
                await foreach (var header in _headers.ReadAsync([(_handledThrough + 1, long.MaxValue)], streams, cancellationToken)
                    .ConfigureAwait(false))
                {
                    _handledAbove.Add(header.Version.Value);
                }

                return true;
            }).ConfigureAwait(false);
            foreach (var versions in _handledAbove.Versions().Chunk(VersionsPerRead))
            {
                await HandleAsync([.. versions], HandleAsync).ConfigureAwait(false);
            }

            _caughtUp.TrySetResult();
        }
        catch (Exception error) when (error is ObjectDisposedException || _stopping.IsCancellationRequested)
        {
            // The subscription is disposed, or the store.
        }
    }

    /// <summary>Handles the events between two versions, going on behind the last one where a read fails.</summary>
    private Task<bool> HandleSettledAsync(long after, EventVersion before) =>
        PatientlyAsync(async cancellationToken =>
        {
            var query = new EventQuery { AggregateId = _aggregateId, After = new EventVersion(after), Before = before, IncludeUnsettled = true };
            await foreach (var stored in _reader.ReadAsync(query, cancellationToken).ConfigureAwait(false))
            {
                await HandleAsync(stored).ConfigureAwait(false);
                after = stored.Version.Value;
            }

            return true;
        });

    private async Task DeliverAsync(IReadOnlyList<EventNotification> batch, CancellationToken cancellationToken)
    {
        await _caughtUp.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        var versions = new List<long>(batch.Count);
        foreach (var notification in batch)
        {
            var version = notification.Version.Value;
            if (version > _handledThrough && !_handledAbove.Contains(version) && !_handledAsTold.Contains(version))
            {
                versions.Add(version);
            }
        }

        await HandleAsync(versions, HandleOnceAsync).ConfigureAwait(false);
    }

    private async Task HandleOnceAsync(StoredEvent stored)
    {
        if ((_aggregateId is not null && _aggregateId != stored.AggregateId) || _handledAsTold.Contains(stored.Version.Value))
        {
            return;
        }

        await HandleAsync(stored).ConfigureAwait(false);
        _handledAsTold.Add(stored.Version.Value);
        if (_handledAsTold.RunCount == MostToldRuns)
        {
            _handledAsTold.RemoveThrough(_handledAsTold.Runs.ElementAt(ShownVersions.MostUnconfirmed - 1).Last);
        }
    }

    /// <summary>Handles the events of these versions; those handled are taken out, so that a failed read goes on with the rest.</summary>
    private Task<bool> HandleAsync(List<long> versions, Func<StoredEvent, Task> handle) =>
        PatientlyAsync(async cancellationToken =>
        {
            if (versions.Count > 0)
            {
                await foreach (var stored in _reader.ReadVersionsAsync([.. versions], cancellationToken).ConfigureAwait(false))
                {
                    await handle(stored).ConfigureAwait(false);
                    versions.Remove(stored.Version.Value);
                }
            }

            return true;
        });

    private async Task HandleAsync(StoredEvent stored)
    {
        _stopping.Token.ThrowIfCancellationRequested();
        try
        {
            await EventStoreTracing.HandleAsync(subscription: null, stored, () => _handler(stored, _stopping.Token)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception error)
        {
            Log.HandlerThrew(_logger, stored.Version.Value, error);
        }
    }

    private async Task<T> PatientlyAsync<T>(Func<CancellationToken, Task<T>> read) =>
        await _patience.ExecuteAsync(async cancellationToken => await read(cancellationToken).ConfigureAwait(false), _stopping.Token)
            .ConfigureAwait(false);
}
