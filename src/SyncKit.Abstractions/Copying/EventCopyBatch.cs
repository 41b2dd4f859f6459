namespace SyncKit;

/// <summary>Events that are written together.</summary>
/// <param name="Events">In the order of the source, within the target's limits, each checked against the rules for events.</param>
/// <param name="Passed">The last event that this batch deals with; where it is not among <paramref name="Events"/>, the caller passed it over.</param>
public sealed record EventCopyBatch(IReadOnlyList<SourceEvent> Events, SourceEvent Passed);
