namespace SyncKit.EfStore;

/// <summary>What a subscription does with an event whose handler has failed more often than it is retried.</summary>
public enum FailurePolicy
{
    /// <summary>Stop before the event: faulted, until resumed. Nothing behind it is marked as handled.</summary>
    Stop,

    /// <summary>Log the event and go on as if it had been handled.</summary>
    Skip,

    /// <summary>Put the event aside with its error, and every later event of its stream behind it; other streams go on.</summary>
    Park,
}
