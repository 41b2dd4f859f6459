namespace SyncKit.EfStore;

/// <summary>What was done to stored events.</summary>
public enum AuditOperation
{
    /// <summary>An UPDATE by a role that may, such as the owner.</summary>
    Update,

    /// <summary>A DELETE by a role that may.</summary>
    Delete,

    /// <summary>A TRUNCATE that the session setting <c>synckit.allow_truncate</c> allowed.</summary>
    Truncate,

    /// <summary>An erasure (<see cref="IEventErasure"/>).</summary>
    Erase,
}
