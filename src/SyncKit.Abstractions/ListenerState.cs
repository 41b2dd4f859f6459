namespace SyncKit;

/// <summary>The state of the listener.</summary>
/// <param name="Status">What it is doing.</param>
public sealed record ListenerState(ListenerStatus Status)
{
    /// <summary>How many attempts in a row have failed; 0 while live.</summary>
    public int FailedAttempts { get; init; }

    /// <summary>How long until the next attempt, while reconnecting.</summary>
    public TimeSpan? RetryIn { get; init; }

    /// <summary>What ended the connection, while reconnecting or failed; why notifications do not arrive, while degraded. Never a password.</summary>
    public string? Reason { get; init; }

    /// <summary>While replayed: the lowest and the highest version shown from the log instead of from notifications.</summary>
    public (EventVersion From, EventVersion To)? Replayed { get; init; }
}
