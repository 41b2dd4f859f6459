using System.Diagnostics;

namespace SyncKit.EfStore.Diagnostics;

/// <summary>
/// What one named subscription counts and measures. Lag is told when it is asked for: from the state, from what the hub last saw of the log, and
/// from the events at hand, so it costs no query. Safe for several threads.
/// </summary>
internal sealed class SubscriptionSignals(string name, EventStoreMetrics metrics, Func<SubscriptionState> state, TimeProvider time)
{
    private readonly SubscriptionMetrics? _counts = metrics.Subscriptions;
    private long _waitingSince; // UTC ticks; 0 where no event is known to wait
    private int _blockedStreams;

    internal KeyValuePair<string, object?> Tag { get; } = new(Tags.Subscription, name);

    internal SubscriptionState State => state();

    /// <summary>Whether it is this instance that moves the checkpoint.</summary>
    internal bool IsActive => State.Status is not (SubscriptionStatus.Stopped or SubscriptionStatus.Standby);

    /// <summary>As the subscription last saw it; or as the hub did later, while the subscription does not look.</summary>
    internal long Lag => State is var now ? Math.Max(now.Lag, metrics.LogEnd - now.Position.Value) : 0;

    /// <summary>By <c>created_at</c> of the first event of the batch at hand; else from when it was first asked for.</summary>
    internal TimeSpan Age
    {
        get
        {
            if (Lag <= 0)
            {
                return TimeSpan.Zero;
            }

            var now = time.GetUtcNow().UtcTicks;
            var since = Interlocked.CompareExchange(ref _waitingSince, now, 0);
            return since is 0 || since > now ? TimeSpan.Zero : TimeSpan.FromTicks(now - since);
        }
    }

    internal int BlockedStreams => Volatile.Read(ref _blockedStreams);

    /// <summary>Begins a batch: its span, null where nobody listens or nothing is in it.</summary>
    internal Activity? StartBatch(IReadOnlyList<StoredEvent> events)
    {
        if (events.Count == 0)
        {
            return null;
        }

        if (events[0].CreatedAt is { } created)
        {
            Volatile.Write(ref _waitingSince, created.UtcTicks);
        }

        return EventStoreTracing.StartBatch(name, events.Count);
    }

    /// <summary>Calls the handler, under a span that is linked to the event's append.</summary>
    internal async Task HandleAsync(StoredEvent stored, Func<Task> handle)
    {
        await EventStoreTracing.HandleAsync(name, stored, handle).ConfigureAwait(false);
        _counts?.Events.Add(1, Tag);
    }

    internal void CaughtUp() => Volatile.Write(ref _waitingSince, 0);

    internal void Retried() => _counts?.Retries.Add(1, Tag);

    internal void Parked() => _counts?.Parked.Add(1, Tag);

    internal void Skipped() => _counts?.Skipped.Add(1, Tag);

    internal void Blocks(int streams) => Volatile.Write(ref _blockedStreams, streams);
}
