namespace SyncKit;

/// <summary>A mirror cannot do what it was asked: its message says what is in the way and what to do. Appends to the leader are not concerned.</summary>
public sealed class MirrorException : EventStoreException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is in the way, on which side, and what to do.</param>
    /// <param name="innerException">What was met there.</param>
    public MirrorException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
