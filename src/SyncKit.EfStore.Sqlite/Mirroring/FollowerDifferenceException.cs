namespace SyncKit.EfStore.Sqlite.Mirroring;

/// <summary>The follower is not what the leader is. Ends an attempt to follow; never thrown to a user.</summary>
internal sealed class FollowerDifferenceException(string problem) : Exception(problem);
