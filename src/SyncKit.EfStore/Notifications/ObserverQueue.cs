using Microsoft.Extensions.Logging;
using SyncKit.EfStore.Diagnostics;
using SyncKit.EfStore.Ordering;
using SyncKit.EfStore.Reading;

namespace SyncKit.EfStore.Notifications;

/// <summary>
/// What waits for one observer, and the task that hands it over, one batch at a time. Bounded: past its capacity only versions are
/// kept, and when the observer has caught up the rest is read from the log. So a slow observer misses nothing and holds up nobody.
/// </summary>
internal sealed class ObserverQueue : IDisposable
{
    private const int BatchSize = 1_000;

    private readonly Func<IReadOnlyList<EventNotification>, CancellationToken, Task> _deliver;
    private readonly HeaderReader _headers;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly int _capacity;
    private readonly CancellationTokenSource _stopping = new();

    private readonly Lock _lock = new();
    private readonly Queue<EventNotification> _waiting = new(); // under _lock
    private readonly VersionSet _missed = new(); // under _lock; younger than all of _waiting
    private Action? _last; // under _lock; what to call once nothing waits
    private bool _stopped; // under _lock
    private bool _draining; // under _lock; whether a drain runs, which alone calls _deliver
    private Task _drain = Task.CompletedTask; // under _lock

    /// <param name="deliver">Takes a batch in order. Never called while an earlier call runs; must not throw but for cancellation.</param>
    /// <param name="headers">Reads what did not fit.</param>
    /// <param name="capacity">How many notifications wait at most.</param>
    /// <param name="time">The clock of the waits after a failed read.</param>
    /// <param name="logger">Where to say that the observer is slow.</param>
    internal ObserverQueue(
        Func<IReadOnlyList<EventNotification>, CancellationToken, Task> deliver,
        HeaderReader headers,
        int capacity,
        TimeProvider time,
        ILogger logger)
    {
        _deliver = deliver;
        _headers = headers;
        _capacity = capacity;
        _time = time;
        _logger = logger;
    }

    /// <summary>Ends when nothing waits any more, as things stand.</summary>
    internal Task Drained
    {
        get
        {
            lock (_lock)
            {
                return _drain;
            }
        }
    }

    /// <summary>What it costs now: notifications that wait, and runs of versions left to be read.</summary>
    internal (int Waiting, int MissedRuns) Size
    {
        get
        {
            lock (_lock)
            {
                return (_waiting.Count, _missed.RunCount);
            }
        }
    }

    /// <summary>Takes a notification; never blocks.</summary>
    internal void Add(EventNotification notification)
    {
        lock (_lock)
        {
            if (_stopped || _last is not null)
            {
                return;
            }

            if (_missed.IsEmpty && _waiting.Count < _capacity)
            {
                _waiting.Enqueue(notification);
            }
            else
            {
                if (_missed.IsEmpty)
                {
                    Log.ObserverSlow(_logger, _capacity);
                }

                _missed.Add(notification.Version.Value);
            }

            DrainIfIdle_NeedsLock();
        }
    }

    /// <summary>Ends the queue: what waits is still delivered, then <paramref name="last"/> is called.</summary>
    internal void End(Action last)
    {
        lock (_lock)
        {
            if (!_stopped && _last is null)
            {
                _last = last;
                DrainIfIdle_NeedsLock();
            }
        }
    }

    /// <summary>Drops what waits. The task ends when the delivery under way has returned.</summary>
    internal Task StopAsync()
    {
        lock (_lock)
        {
            _waiting.Clear();
            _missed.Clear();
            _last = null;
            if (!_stopped)
            {
                _stopped = true;
                _stopping.Cancel();
            }

            return _drain;
        }
    }

    /// <summary>After <see cref="StopAsync"/> has ended.</summary>
    public void Dispose() => _stopping.Dispose();

    private void DrainIfIdle_NeedsLock()
    {
        if (!_draining)
        {
            _draining = true;
            _drain = Task.Run(DrainAsync);
        }
    }

    private async Task DrainAsync()
    {
        try
        {
            while (Next() is { } next)
            {
                if (next.Missed is { } missed)
                {
                    await DeliverMissedAsync(missed).ConfigureAwait(false);
                }
                else
                {
                    await _deliver(next.Batch, _stopping.Token).ConfigureAwait(false);
                }
            }
        }
        catch (Exception error) when (error is ObjectDisposedException || _stopping.IsCancellationRequested)
        {
            // Stopped, or the store is disposed; nothing waits any more.
        }
    }

    /// <summary>What to deliver next; null, with the drain marked as ended, where nothing waits.</summary>
    private (IReadOnlyList<EventNotification> Batch, List<(long First, long Last)>? Missed)? Next()
    {
        Action? last;
        lock (_lock)
        {
            if (_waiting.Count > 0)
            {
                var batch = new List<EventNotification>(Math.Min(_waiting.Count, BatchSize));
                while (batch.Count < BatchSize && _waiting.TryDequeue(out var notification))
                {
                    batch.Add(notification);
                }

                return (batch, null);
            }

            if (!_missed.IsEmpty)
            {
                var missed = _missed.Runs.ToList();
                _missed.Clear();
                return ([], missed);
            }

            last = _last;
            _draining = false;
        }

        last?.Invoke();
        return null;
    }

    private async Task DeliverMissedAsync(List<(long First, long Last)> missed)
    {
        var delivered = 0L;
        var patience = PatientRead.Create(_time, (wait, error) => Log.SubscriptionReadFailed(_logger, wait, error));
        await patience.ExecuteAsync(
            async cancellationToken =>
            {
                // After a failed page the read goes on behind what was delivered.
                var left = missed.Where(range => range.Last > delivered)
                    .Select(range => (Math.Max(range.First, delivered + 1), range.Last)).ToList();
                await foreach (var page in _headers.ReadPagesAsync(left, cancellationToken).ConfigureAwait(false))
                {
                    await _deliver(page, cancellationToken).ConfigureAwait(false);
                    delivered = page[^1].Version.Value;
                }
            },
            _stopping.Token).ConfigureAwait(false);
    }
}
