namespace SyncKit.EfStore.Sqlite;

/// <summary>In which way two logs differ at an event.</summary>
public enum DifferenceKind
{
    /// <summary>The first log has the event, the second has not.</summary>
    Missing,

    /// <summary>The second log has the event, the first has not.</summary>
    Extra,

    /// <summary>Both have it, with other content or another time: see <see cref="EventDifference.Fields"/>.</summary>
    Changed,

    /// <summary>Both have it, but it stands before an event in one log and after that in the other.</summary>
    Reordered,

    /// <summary>Both have it, and its content was erased (<see cref="StoredEvent.IsErased"/>) in one of them only.</summary>
    Erased,
}
