using System.Diagnostics.Metrics;

namespace SyncKit.EfStore.Diagnostics;

/// <summary>
/// The meter <c>SyncKit.EfStore</c>. No stream ids as tags: their number is not bounded. The README's table says what each metric is; a test
/// holds both together. Safe for several threads.
/// </summary>
internal sealed class EventStoreMetrics : IDisposable
{
    /// <summary>A reason to ignore a notification: it is none of an event log's.</summary>
    internal const string Malformed = "malformed";

    /// <summary>A reason to ignore a notification: the log does not have what it tells of.</summary>
    internal const string Forged = "forged";

    /// <summary>A reason to append again: the connection broke, or the server could not.</summary>
    internal const string Transient = "transient";

    /// <summary>A reason to append again: another writer was faster.</summary>
    internal const string Race = "race";

    // An event told of later than this was dated by its writer, or the time says nothing about notifications any more.
    private static readonly TimeSpan LongestDelay = TimeSpan.FromHours(1);

    // Those of OpenTelemetry's db.client.operation.duration, halved where appends and pages lie.
    private static readonly InstrumentAdvice<double> Durations = new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
    };

    private static readonly InstrumentAdvice<int> GroupSizes = new() { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512] };

    private readonly Meter? _meter;
    private readonly Counter<long>? _appends;
    private readonly Counter<long>? _events;
    private readonly Counter<long>? _conflicts;
    private readonly Counter<long>? _retries;
    private readonly Histogram<double>? _appendDuration;
    private readonly Histogram<int>? _groupSize;
    private readonly Histogram<double>? _readDuration;
    private readonly Counter<long>? _notifications;
    private readonly Counter<long>? _ignored;
    private readonly Histogram<double>? _delay;
    private readonly Counter<long>? _reconnects;
    private double _queueUsage = double.NaN; // not asked yet
    private long _logEnd;

    internal EventStoreMetrics(IMeterFactory? factory, bool enabled)
    {
        if (!enabled)
        {
            return;
        }

        _meter = factory?.Create(EventStoreDiagnostics.MeterName) ?? new Meter(EventStoreDiagnostics.MeterName);
        _appends = _meter.CreateCounter<long>("synckit.appends", "{append}", "Appends stored.");
        _events = _meter.CreateCounter<long>("synckit.events", "{event}", "Events stored.");
        _conflicts = _meter.CreateCounter<long>("synckit.conflicts", "{append}", "Appends refused because the stream was elsewhere.");
        _retries = _meter.CreateCounter<long>("synckit.append.retries", "{retry}", "Transactions of appends that were repeated.");
        _appendDuration = _meter.CreateHistogram("synckit.append.duration", "s", "How long a call of the store's append took.", tags: null, Durations);
        _groupSize = _meter.CreateHistogram("synckit.append.group_size", "{append}", "How many appends shared a transaction.", tags: null, GroupSizes);
        _readDuration = _meter.CreateHistogram("synckit.read.duration", "s", "How long one page of a read took.", tags: null, Durations);
        _notifications = _meter.CreateCounter<long>("synckit.notifications.shown", "{notification}", "Events shown to observers.");
        _ignored = _meter.CreateCounter<long>("synckit.notifications.ignored", "{notification}", "Notifications that were malformed or forged.");
        _delay = _meter.CreateHistogram("synckit.notifications.delay", "s", "From an event's created_at to its observers.", tags: null, Durations);
        _meter.CreateObservableGauge(
            "synckit.notification_queue.utilization", ObserveQueueUsage, "1", "The share of the server's notification queue in use, as of the last poll.");
        _reconnects = _meter.CreateCounter<long>("synckit.listener.reconnects", "{reconnect}", "Listener connections lost.");
        Subscriptions = new SubscriptionMetrics(_meter);
    }

    /// <summary>Null where metrics are off.</summary>
    internal SubscriptionMetrics? Subscriptions { get; }

    /// <summary>Whether somebody wants to know how long appends take.</summary>
    internal bool TimesAppends => _appendDuration is { Enabled: true };

    /// <summary>Whether somebody wants to know how long pages take.</summary>
    internal bool TimesReads => _readDuration is { Enabled: true };

    /// <summary>The highest version that was seen in the log when the hub last looked; 0 before.</summary>
    internal long LogEnd => Volatile.Read(ref _logEnd);

    internal void Appended(AppendResult result)
    {
        if (!result.AlreadyStored)
        {
            _appends?.Add(1);
            _events?.Add(result.Events.Count);
        }
    }

    internal void AppendEnded(TimeSpan took, Exception? error) => Record(_appendDuration, took, error);

    /// <summary>SaveChanges stored events.</summary>
    internal void Saved(int events)
    {
        _appends?.Add(1);
        _events?.Add(events);
    }

    internal void Committed(int appends) => _groupSize?.Record(appends);

    internal void Retried(string reason) => _retries?.Add(1, new KeyValuePair<string, object?>(Tags.Reason, reason));

    internal void Imported(long events) => _events?.Add(events);

    internal void Conflict() => _conflicts?.Add(1);

    internal void PageRead(TimeSpan took, Exception? error) => Record(_readDuration, took, error);

    internal void Shown(EventNotification notification, TimeProvider time)
    {
        _notifications?.Add(1);
        if (_delay is { Enabled: true } && notification.CreatedAt is { } created && time.GetUtcNow() - created is var delay && delay < LongestDelay)
        {
            _delay.Record(Math.Max(0, delay.TotalSeconds));
        }
    }

    internal void NotificationsIgnored(string reason, int count) => _ignored?.Add(count, new KeyValuePair<string, object?>(Tags.Reason, reason));

    internal void QueueUsage(double usage) => Volatile.Write(ref _queueUsage, usage);

    internal void LogEndsAt(long version) => Volatile.Write(ref _logEnd, version);

    internal void Reconnecting() => _reconnects?.Add(1);

    /// <summary>Publishes the listener's state: 1 for the one it is in, 0 for the others.</summary>
    internal void ShowListener(Func<ListenerStatus> status) => _meter?.CreateObservableGauge(
        "synckit.listener.state", () => StateSet.Of(status()), "{listener}", "1 for the state the listener is in, 0 for every other.");

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

    private static void Record(Histogram<double>? histogram, TimeSpan took, Exception? error)
    {
        if (error is null)
        {
            histogram?.Record(took.TotalSeconds);
        }
        else
        {
            histogram?.Record(took.TotalSeconds, new KeyValuePair<string, object?>(Tags.ErrorType, Tags.ErrorTypeOf(error)));
        }
    }

    private IEnumerable<Measurement<double>> ObserveQueueUsage() =>
        Volatile.Read(ref _queueUsage) is var usage && double.IsNaN(usage) ? [] : [new Measurement<double>(usage)];
}
