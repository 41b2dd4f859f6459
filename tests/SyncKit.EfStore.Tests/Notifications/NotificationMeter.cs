using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace SyncKit.EfStore.Tests.Notifications;

/// <summary>What one host's meter says about notifications.</summary>
internal sealed class NotificationMeter : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _ignored = [];
    private (long Count, TaskCompletionSource Reached) _awaited = (long.MaxValue, new TaskCompletionSource());
    private double? _queueUsage;

    internal NotificationMeter(ListeningHost host)
    {
        var factory = host.Services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, factory) && instrument.Name is "synckit.notifications.ignored" or "synckit.notification_queue.utilization")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, count, tags, _) =>
        {
            lock (_lock)
            {
                var reason = (string)tags[0].Value!;
                _ignored[reason] = _ignored.GetValueOrDefault(reason) + count;
                if (_ignored.GetValueOrDefault("malformed") >= _awaited.Count)
                {
                    _awaited.Reached.TrySetResult();
                }
            }
        });
        _listener.SetMeasurementEventCallback<double>((_, usage, _, _) => _queueUsage = usage);
        _listener.Start();
    }

    internal long Malformed => Count("malformed");

    internal long Forged => Count("forged");

    /// <summary>Ends when so many malformed ones have been counted.</summary>
    internal Task MalformedAsync(long count)
    {
        lock (_lock)
        {
            _awaited = (count, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            if (_ignored.GetValueOrDefault("malformed") >= count)
            {
                _awaited.Reached.SetResult();
            }

            return _awaited.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60));
        }
    }

    /// <summary>As of the last poll; null before the first.</summary>
    internal double? QueueUsage()
    {
        _queueUsage = null;
        _listener.RecordObservableInstruments();
        return _queueUsage;
    }

    public void Dispose() => _listener.Dispose();

    private long Count(string reason)
    {
        lock (_lock)
        {
            return _ignored.GetValueOrDefault(reason);
        }
    }
}
