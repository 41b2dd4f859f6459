namespace SyncKit;

/// <summary>What a named subscription is doing.</summary>
public enum SubscriptionStatus
{
    /// <summary>Not running: not started yet, or stopped with its host.</summary>
    Stopped,

    /// <summary>Another instance has the lease; this one takes over when that ends.</summary>
    Standby,

    /// <summary>Handling what was stored before; not live yet since this instance became the active one.</summary>
    CatchingUp,

    /// <summary>Everything settled is handled; waiting for more.</summary>
    Live,

    /// <summary>It was live, and more than a batch of events waits.</summary>
    Behind,

    /// <summary>Paused on request, until resumed.</summary>
    Paused,

    /// <summary>A handler failed or the store is away; trying again.</summary>
    Retrying,

    /// <summary>Stopped at an event by its failure policy, or by a log that is not the one it read before, until resumed.</summary>
    Faulted,
}
