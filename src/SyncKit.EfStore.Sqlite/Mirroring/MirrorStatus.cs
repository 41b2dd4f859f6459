namespace SyncKit.EfStore.Sqlite;

/// <summary>How a mirror stands. Immutable.</summary>
/// <param name="State">What it is doing.</param>
/// <param name="Leader">The name of the place that leads.</param>
/// <param name="Follower">The name of the other.</param>
/// <param name="FollowedUpTo">The follower holds every event of the leader up to this version of the leader, as far as this process has seen.</param>
/// <param name="Behind">How many events of the leader the follower did not have when last counted; null before the first count.</param>
/// <param name="Since">Since when the state is what it is.</param>
/// <param name="Problem">Why it cannot follow, as a sentence; null while it does.</param>
public sealed record MirrorStatus(
    MirrorState State, string Leader, string Follower, EventVersion FollowedUpTo, long? Behind, DateTimeOffset Since, string? Problem);
