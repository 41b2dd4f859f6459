namespace SyncKit.EfStore.Sqlite;

/// <summary>What a copy did, or a dry run would do.</summary>
/// <param name="Copied">How many events it wrote.</param>
/// <param name="AlreadyStored">How many were stored before, with equal content.</param>
/// <param name="Rejected">How many cannot be copied.</param>
/// <param name="After">Behind which version of the source it began: zero, or where the copy before it ended.</param>
/// <param name="UpTo">Up to which version of the source it copied.</param>
public sealed record EventCopyResult(long Copied, long AlreadyStored, long Rejected, EventVersion After, EventVersion UpTo);
