namespace SyncKit.EfStore.Sqlite;

/// <summary>What a mirror is doing.</summary>
public enum MirrorState
{
    /// <summary>The follower is brought up to date, or is so: see <see cref="MirrorStatus.Behind"/>.</summary>
    Following,

    /// <summary>The follower cannot be used; it is tried again and again. Appends go on.</summary>
    FollowerUnreachable,

    /// <summary>The leader cannot be used, so there is nothing to follow; it is tried again and again. Appends fail as they would without a mirror.</summary>
    LeaderUnreachable,

    /// <summary>
    /// The follower cannot follow: it holds an event that the leader does not have, or lacks one it had, or refuses one. <see cref="MirrorStatus.Problem"/>
    /// names it. Appends go on; it is looked at again after each <see cref="MirrorOptions.MaxRetryDelay"/>.
    /// </summary>
    Faulted,
}
