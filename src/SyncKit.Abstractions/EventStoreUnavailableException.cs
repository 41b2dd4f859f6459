namespace SyncKit;

/// <summary>A store cannot be used: its message says what is missing and what to do.</summary>
/// <remarks>
/// An append that ends so happened whole or not at all. Repeat it with the same event ids: what was stored is found
/// again and not stored twice.
/// </remarks>
public sealed class EventStoreUnavailableException : EventStoreException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="message">What failed, on what, and what to do. Never a password.</param>
    /// <param name="innerException">What the driver reported.</param>
    public EventStoreUnavailableException(UnavailableReason reason, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Reason = reason;
    }

    /// <summary>Why.</summary>
    public UnavailableReason Reason { get; }
}
