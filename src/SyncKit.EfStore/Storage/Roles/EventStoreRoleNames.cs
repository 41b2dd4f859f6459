namespace SyncKit.EfStore;

/// <summary>
/// The roles that share an event log. Those left null are left alone; each may be a role that logs in, or a group that such roles are members of.
/// </summary>
/// <remarks>
/// A name holds 1 to 63 bytes of UTF-8 and is taken as it is, upper case and quotes included; <c>public</c>, <c>none</c> and names that begin
/// with <c>pg_</c> are PostgreSQL's own. No two may be the same.
/// </remarks>
public sealed record EventStoreRoleNames
{
    /// <summary>
    /// Is to own the log: it migrates, and may do everything. The functions that keep the audit and erase run as this role, so better
    /// not a superuser. Default: null, the log stays with whoever migrated it.
    /// </summary>
    public string? Owner { get; init; }

    /// <summary>Runs the library: appends, reads, and keeps the state of subscriptions. Cannot change an event. Default: null.</summary>
    public string? Writer { get; init; }

    /// <summary>Reads events and the state of subscriptions. Default: null.</summary>
    public string? Reader { get; init; }

    /// <summary>May erase events (<see cref="IEventErasure"/>), and do nothing else, not even read them. Default: null.</summary>
    public string? Eraser { get; init; }

    /// <summary>Whether to create those that are missing, as groups that cannot log in. Default: false.</summary>
    public bool Create { get; init; }

    internal IEnumerable<string> All => new[] { Owner, Writer, Reader, Eraser }.OfType<string>();
}
