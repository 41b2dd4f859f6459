namespace SyncKit.EfStore.Sqlite;

/// <summary>One of the two places of a mirror.</summary>
public enum MirrorSide
{
    /// <summary>The place named first.</summary>
    First,

    /// <summary>The place named second.</summary>
    Second,
}
