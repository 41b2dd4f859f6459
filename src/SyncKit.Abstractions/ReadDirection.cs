namespace SyncKit;

/// <summary>Which way a read goes through the log.</summary>
public enum ReadDirection
{
    /// <summary>Oldest first, by growing version.</summary>
    Forwards,

    /// <summary>Newest first, by falling version.</summary>
    Backwards,
}
