using System.Diagnostics.Metrics;

namespace SyncKit.EfStore.Diagnostics;

/// <summary>The meter <c>SyncKit.EfStore</c>. No stream ids as tags: their number is not bounded.</summary>
internal sealed class EventStoreMetrics : IDisposable
{
    internal const string MeterName = "SyncKit.EfStore";

    /// <summary>A reason to ignore a notification: it is none of an event log's.</summary>
    internal const string Malformed = "malformed";

    /// <summary>A reason to ignore a notification: the log does not have what it tells of.</summary>
    internal const string Forged = "forged";

    private readonly Meter? _meter;
    private readonly Counter<long>? _appends;
    private readonly Counter<long>? _events;
    private readonly Counter<long>? _conflicts;
    private readonly Counter<long>? _notifications;
    private readonly Counter<long>? _reconnects;
    private readonly Counter<long>? _ignored;
    private double _queueUsage = double.NaN; // not asked yet

    internal EventStoreMetrics(IMeterFactory? factory, bool enabled)
    {
        if (!enabled)
        {
            return;
        }

        _meter = factory?.Create(MeterName) ?? new Meter(MeterName);
        _appends = _meter.CreateCounter<long>("synckit.appends", "{append}", "Appends stored.");
        _events = _meter.CreateCounter<long>("synckit.events", "{event}", "Events stored.");
        _conflicts = _meter.CreateCounter<long>("synckit.conflicts", "{append}", "Appends refused because the stream was elsewhere.");
        _notifications = _meter.CreateCounter<long>("synckit.notifications", "{notification}", "Events shown to observers.");
        _reconnects = _meter.CreateCounter<long>("synckit.listener.reconnects", "{reconnect}", "Listener connections lost.");
        _ignored = _meter.CreateCounter<long>("synckit.notifications.ignored", "{notification}", "Notifications that were malformed or forged.");
        _meter.CreateObservableGauge(
            "synckit.notification_queue.usage", ObserveQueueUsage, "1", "The share of the server's notification queue in use, as of the last poll.");
    }

    internal void Appended(AppendResult result)
    {
        if (!result.AlreadyStored)
        {
            _appends?.Add(1);
            _events?.Add(result.Events.Count);
        }
    }

    internal void Imported(long events) => _events?.Add(events);

    internal void Conflict() => _conflicts?.Add(1);

    internal void Shown() => _notifications?.Add(1);

    internal void NotificationsIgnored(string reason, int count) => _ignored?.Add(count, new KeyValuePair<string, object?>("reason", reason));

    internal void QueueUsage(double usage) => Volatile.Write(ref _queueUsage, usage);

    internal void Reconnecting() => _reconnects?.Add(1);

    /// <summary>Publishes the settled mark, and for how many seconds the transaction that is named as its holder has held it back.</summary>
    internal void ShowSettledMark(Func<long> version, Func<(SettledMarkHolder? Holder, TimeSpan HeldFor)> held)
    {
        _meter?.CreateObservableGauge("synckit.settled_mark.version", version, "{version}", "Every version up to here is settled.");
        _meter?.CreateObservableGauge(
            "synckit.settled_mark.held", () => Held(held()), "s", "How long one open append, of the backend pid, has held the mark back; 0 where none does.");
    }

    public void Dispose() => _meter?.Dispose();

    // One holder at a time: as many tag values as there are incidents.
    private static Measurement<double> Held((SettledMarkHolder? Holder, TimeSpan For) held) =>
        held.Holder?.ProcessId is { } pid ? new(held.For.TotalSeconds, new KeyValuePair<string, object?>("pid", pid)) : new(held.For.TotalSeconds);

    private IEnumerable<Measurement<double>> ObserveQueueUsage() =>
        Volatile.Read(ref _queueUsage) is var usage && double.IsNaN(usage) ? [] : [new Measurement<double>(usage)];
}
