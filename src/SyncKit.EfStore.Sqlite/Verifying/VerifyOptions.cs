namespace SyncKit.EfStore.Sqlite;

/// <summary>How two logs are compared.</summary>
public sealed class VerifyOptions
{
    /// <summary>How many differences are named, 0 to 100,000; all are counted. Default: 20.</summary>
    public int First { get; init; } = 20;

    /// <summary>Whether an event that was erased in one log only passes for equal, its time, type and stream being equal. Default: false.</summary>
    public bool IgnoreErased { get; init; }
}
