namespace SyncKit;

/// <summary>What every exception of a store derives from: catch it to catch them all.</summary>
public abstract class EventStoreException : Exception
{
    /// <summary>For the exceptions of this assembly.</summary>
    private protected EventStoreException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
