using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using SyncKit.EfStore.Diagnostics;

namespace SyncKit.EfStore.Subscriptions.Named;

/// <summary>
/// What lives as long as one instance has the lease: the lease, the blocked streams, and what the failure policy makes of an event.
/// The blocked streams are safe for several threads; each stream is one thread's at a time.
/// </summary>
internal sealed class ActiveRun(
    Lease lease,
    IReadOnlyDictionary<string, long> blocked,
    SubscriptionOptions options,
    HandlerRetries retries,
    SubscriptionSignals signals,
    ILogger logger)
{
    private readonly ConcurrentDictionary<string, long> _blocked = new(blocked, StringComparer.Ordinal);

    internal Lease Lease => lease;

    internal HandlerRetries Retries => retries;

    internal SubscriptionSignals Signals => signals;

    internal int MaxParallelism => options.MaxParallelism;

    internal TimeSpan LeaseDuration => options.LeaseDuration;

    /// <summary>Puts an event behind the parked one of its stream; null where its stream is not blocked.</summary>
    internal Parking? Behind(StoredEvent stored)
    {
        if (_blocked.IsEmpty || !_blocked.TryGetValue(stored.AggregateId, out var first))
        {
            return null;
        }

        signals.Parked();
        return new Parking(stored, Attempts: 0, $"It stands behind version {first} of its stream.");
    }

    /// <summary>What becomes of an event that failed for good.</summary>
    internal (Fault? Fault, Parking? Parking) Answer(StoredEvent stored, HandlerFailure failure)
    {
        switch (options.OnFailure)
        {
            case FailurePolicy.Skip:
                signals.Skipped();
                Log.EventSkipped(logger, lease.Name, stored.Version.Value, stored.EventType, failure.Attempts, failure.Error);
                return (null, null);
            case FailurePolicy.Park:
                _blocked.TryAdd(stored.AggregateId, stored.Version.Value);
                signals.Parked();
                signals.Blocks(_blocked.Count);
                Log.EventParked(logger, lease.Name, stored.Version.Value, stored.EventType, failure.Attempts, failure.Error);
                return (null, new Parking(stored, failure.Attempts, HandlerErrors.Describe(failure.Error)));
            default:
                return (Fault.Of(stored, failure), null);
        }
    }

    internal void Unblock(string stream)
    {
        _blocked.TryRemove(stream, out _);
        signals.Blocks(_blocked.Count);
    }
}

