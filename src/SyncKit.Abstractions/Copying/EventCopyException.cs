namespace SyncKit;

/// <summary>A copy ended early. What it had written by then is recorded in the target; the same copy goes on from there.</summary>
public sealed class EventCopyException : EventStoreException
{
    /// <summary>Creates the exception of a copy that cannot go on as it was asked for.</summary>
    /// <param name="message">What is in the way, and what to do.</param>
    public EventCopyException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception of an event that cannot be copied.</summary>
    /// <param name="message">What is wrong with it, what is stored, and what to do.</param>
    /// <param name="refused">The event.</param>
    public EventCopyException(string message, RefusedEvent refused)
        : base(message) => Refused = refused;

    /// <summary>The event that ended the copy, and why; null where it was none.</summary>
    public RefusedEvent? Refused { get; }
}
