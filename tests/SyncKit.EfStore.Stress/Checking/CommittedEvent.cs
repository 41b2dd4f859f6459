namespace SyncKit.EfStore.Stress.Checking;

/// <summary>An event that the log holds in the end: the truth that readers are measured by.</summary>
internal sealed record CommittedEvent(long Version, string AggregateId, long StreamVersion);
