namespace SyncKit;

/// <summary>What the database knows of a named subscription. Immutable.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Status">
/// <see cref="SubscriptionStatus.Paused"/>, <see cref="SubscriptionStatus.Faulted"/>, <see cref="SubscriptionStatus.Stopped"/> where no
/// instance has the lease, else <see cref="SubscriptionStatus.Live"/> at the end of the log and <see cref="SubscriptionStatus.CatchingUp"/> before it.
/// </param>
/// <param name="Checkpoint">Everything up to this version is handled, parked, skipped or filtered out.</param>
/// <param name="Lag">How many versions the log has beyond it; no fewer than the events that wait.</param>
/// <param name="UpdatedAt">When the row last changed, by the server's clock.</param>
public sealed record SubscriptionInfo(
    string Name, SubscriptionStatus Status, EventVersion Checkpoint, long Lag, DateTimeOffset UpdatedAt)
{
    /// <summary>Which instance has the lease: machine, process and a random part; null where none has.</summary>
    public string? Owner { get; init; }

    /// <summary>What it stopped at, where it is faulted.</summary>
    public string? Error { get; init; }

    /// <summary>How many events are parked.</summary>
    public long Parked { get; init; }

    /// <summary>How far a rebuild is; null where none is under way.</summary>
    public RebuildProgress? Rebuild { get; init; }
}
