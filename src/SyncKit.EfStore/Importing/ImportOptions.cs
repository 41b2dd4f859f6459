namespace SyncKit.EfStore;

/// <summary>How an import goes about it. Immutable, so safe for any number of threads.</summary>
public sealed class ImportOptions
{
    internal static readonly ImportOptions Default = new();

    /// <summary>What becomes of an event whose id is stored already. Default: <see cref="ImportConflict.Skip"/>.</summary>
    public ImportConflict OnConflict { get; init; }

    /// <summary>
    /// One transaction for everything: whatever ends the import early, nothing of it is stored, and nobody sees a part of it. Default: false,
    /// a transaction for each batch.
    /// </summary>
    /// <remarks>
    /// One transaction cannot lock any number of streams, so it locks the table (<c>SHARE ROW EXCLUSIVE</c>): it begins once all open writers
    /// have ended, and every other writer of events waits until it ends; readers do not. Subscriptions get no event appended meanwhile before then.
    /// Needs a role that owns the table, or has UPDATE, DELETE or TRUNCATE on it.
    /// </remarks>
    public bool Atomic { get; init; }
}
