namespace SyncKit.EfStore.Subscriptions.Named;

/// <summary>
/// What the active instance knows of its row. Written by the one loop that moves the checkpoint.
/// </summary>
/// <param name="Name">The subscription.</param>
/// <param name="Token">Without this number in the row nobody moves the checkpoint.</param>
/// <param name="Schema">Where the library's tables are, quoted: a context's search path may lead elsewhere.</param>
/// <param name="Log">Which log the database holds now.</param>
internal sealed record Lease(string Name, long Token, string Schema, LogIdentity Log)
{
    /// <summary>As it stands in the row.</summary>
    internal required CheckpointPosition Position { get; set; }
}

/// <summary>Which server's log, and since which recovery: what a lost asynchronous commit or a failover changes.</summary>
internal readonly record struct LogIdentity(long SystemIdentifier, int Timeline);

/// <summary>What was asked of a subscription, or stopped it.</summary>
/// <param name="Status">running, paused or faulted.</param>
/// <param name="Error">What stopped it.</param>
/// <param name="ReplayAsked">Whether parked events are to be handled again.</param>
internal sealed record LeaseLook(string Status, string? Error, bool ReplayAsked)
{
    internal const string Running = "running";
    internal const string Paused = "paused";
    internal const string Faulted = "faulted";
}
