namespace SyncKit.EfStore.Notifications;

/// <summary>What an event that a payload tells of is to those who know what was shown.</summary>
internal enum Telling
{
    /// <summary>To be shown.</summary>
    New,

    /// <summary>Shown before.</summary>
    Known,

    /// <summary>Not to be believed: to be looked up.</summary>
    Doubtful,
}
