namespace SyncKit;

/// <summary>What the listener of a process is doing.</summary>
public enum ListenerStatus
{
    /// <summary>Not started, or stopped.</summary>
    Stopped,

    /// <summary>Opening its first connection.</summary>
    Connecting,

    /// <summary>LISTEN is in place; notifications arrive.</summary>
    Live,

    /// <summary>The connection is lost; it tries again after a wait.</summary>
    Reconnecting,

    /// <summary>Connected again; what was committed meanwhile has been shown. <see cref="Live"/> follows.</summary>
    Replayed,

    /// <summary>It gave up after the configured number of attempts. Observers got OnError.</summary>
    Failed,
}
