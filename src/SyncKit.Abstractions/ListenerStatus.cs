namespace SyncKit;

/// <summary>What the listener of a process is doing.</summary>
public enum ListenerStatus
{
    /// <summary>Not started, or stopped.</summary>
    Stopped,

    /// <summary>Opening its first connection.</summary>
    Connecting,

    /// <summary>LISTEN is in place, what was missed has been shown, and a notification sent as a test has arrived.</summary>
    Live,

    /// <summary>The connection is lost; it tries again after a wait.</summary>
    Reconnecting,

    /// <summary>Connected again; what was committed meanwhile has been shown. <see cref="Live"/> follows.</summary>
    Replayed,

    /// <summary>It gave up after the configured number of attempts. Observers got OnError.</summary>
    Failed,

    /// <summary>
    /// Connected, and LISTEN was accepted, but notifications do not arrive: <see cref="ListenerState.Reason"/> says why. Observers are served by
    /// reading the log every second, or every poll interval where that is shorter. It goes on by itself when notifications arrive again.
    /// </summary>
    Degraded,
}
