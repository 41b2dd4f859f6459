namespace SyncKit.EfStore.Sqlite;

/// <summary>How far a copy is. Reported after each batch.</summary>
/// <param name="Done">How many events it has dealt with.</param>
/// <param name="Total">How many there are to deal with, as it began.</param>
/// <param name="Copied">How many of them were written; those of a copy that keeps versions only stay when it ends well.</param>
/// <param name="AlreadyStored">How many were found stored, with equal content.</param>
/// <param name="Rejected">How many cannot be copied.</param>
public sealed record EventCopyProgress(long Done, long Total, long Copied, long AlreadyStored, long Rejected);
