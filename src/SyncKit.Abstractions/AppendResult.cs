namespace SyncKit;

/// <summary>Where the events of one append stand. Comes back only once they are committed.</summary>
/// <param name="Events">One entry for each event, in the order they were given; never empty.</param>
/// <param name="AlreadyStored">The same events were stored by an earlier append, whose places these are.</param>
public sealed record AppendResult(IReadOnlyList<AppendedEvent> Events, bool AlreadyStored)
{
    /// <summary>The version of the last event given.</summary>
    public EventVersion Version => Events[^1].Version;

    /// <summary>The stream version of the last event given: what the next append to its stream expects.</summary>
    public long StreamVersion => Events[^1].StreamVersion;
}
