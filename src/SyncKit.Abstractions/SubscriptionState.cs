namespace SyncKit;

/// <summary>The state of a named subscription as one instance sees it. Immutable.</summary>
/// <param name="Status">What it is doing.</param>
/// <param name="Position">Everything up to this version is handled, parked, skipped or filtered out, and saved as such.</param>
/// <param name="Since">When it came into this status, by this process's clock.</param>
public sealed record SubscriptionState(SubscriptionStatus Status, EventVersion Position, DateTimeOffset Since)
{
    /// <summary>
    /// How many versions of the log are settled beyond <see cref="Position"/>, when last looked: no fewer than the events that wait, since
    /// versions have gaps and events are filtered out.
    /// </summary>
    public long Lag { get; init; }

    /// <summary>What went wrong, while retrying or faulted.</summary>
    public string? Error { get; init; }
}
