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
/// everything up to the version that was settled then, and above it exactly the versions read.
/// </remarks>
internal sealed class EventSubscription : IAsyncDisposable
{
    private readonly NotificationHub _hub;
    private readonly EventReader _reader;
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

    private HubSubscription? _place;
    private Task _catchUp = Task.CompletedTask;
    private int _disposed;

    internal EventSubscription(
        NotificationHub hub,
        EventReader reader,
        SettledMark settled,
        string? aggregateId,
        Func<StoredEvent, CancellationToken, Task> handler,
        TimeProvider time,
        ILogger logger)
    {
        _hub = hub;
        _reader = reader;
        _settled = settled;
        _aggregateId = aggregateId;
        _handler = handler;
        _logger = logger;
        _patience = PatientRead.Create(time, (wait, error) => Log.SubscriptionReadFailed(logger, wait, error));
    }

    /// <summary>Ends once every event from now on will reach the handler.</summary>
    internal async Task StartAsync(EventVersion? since, CancellationToken cancellationToken)
    {
        _place = _hub.Add(new NotificationFilter(_aggregateId), DeliverAsync, _ => { });
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
            _catchUp = Task.Run(() => CatchUpAsync(version.Value), CancellationToken.None);
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

        await _stopping.CancelAsync().ConfigureAwait(false);
        _caughtUp.TrySetCanceled();
        if (_place is not null)
        {
            await _hub.RemoveAsync(_place).ConfigureAwait(false);
        }

        await _catchUp.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task CatchUpAsync(long since)
    {
        try
        {
            var settled = await PatientlyAsync(_settled.AdvanceAsync).ConfigureAwait(false);
            _handledThrough = Math.Max(since, settled);
            await HandleAsync(since, new EventVersion(_handledThrough + 1), _ => { }).ConfigureAwait(false);
            await HandleAsync(_handledThrough, null, version => _handledAbove.Add(version)).ConfigureAwait(false);
            _caughtUp.TrySetResult();
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Disposed.
        }
    }

    /// <summary>Handles the committed events between two versions, going on behind the last one where a read fails.</summary>
    private Task<bool> HandleAsync(long after, EventVersion? before, Action<long> handled) =>
        PatientlyAsync(async cancellationToken =>
        {
            var query = new EventQuery { AggregateId = _aggregateId, After = new EventVersion(after), Before = before, IncludeUnsettled = true };
            await foreach (var stored in _reader.ReadAsync(query, cancellationToken).ConfigureAwait(false))
            {
                await HandleAsync(stored).ConfigureAwait(false);
                after = stored.Version.Value;
                handled(after);
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
            if (version > _handledThrough && !_handledAbove.Contains(version))
            {
                versions.Add(version);
            }
        }

        await PatientlyAsync(async token =>
        {
            if (versions.Count > 0)
            {
                await foreach (var stored in _reader.ReadVersionsAsync([.. versions], token).ConfigureAwait(false))
                {
                    await HandleAsync(stored).ConfigureAwait(false);
                    versions.Remove(stored.Version.Value);
                }
            }

            return true;
        }).ConfigureAwait(false);
    }

    private async Task HandleAsync(StoredEvent stored)
    {
        _stopping.Token.ThrowIfCancellationRequested();
        try
        {
            await _handler(stored, _stopping.Token).ConfigureAwait(false);
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
