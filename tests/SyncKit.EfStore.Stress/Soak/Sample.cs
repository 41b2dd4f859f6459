namespace SyncKit.EfStore.Stress.Soak;

/// <summary>What was measured at one moment.</summary>
/// <param name="At">Since the start.</param>
/// <param name="HeapBytes">Live objects of this process, after a collection.</param>
/// <param name="WorkingSetBytes">Memory of this process as the system sees it.</param>
/// <param name="Connections">Sessions of the database, that of the measurement apart.</param>
/// <param name="QueueUsage">How full the server's notification queue is, 0 to 1.</param>
/// <param name="Events">Events stored so far.</param>
internal sealed record Sample(TimeSpan At, long HeapBytes, long WorkingSetBytes, long Connections, double QueueUsage, long Events);
