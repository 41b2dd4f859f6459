namespace SyncKit.EfStore.Stress.Takeover;

/// <summary>What became of the takeovers.</summary>
/// <param name="Rounds">Each of them.</param>
/// <param name="Events">Events in the log.</param>
/// <param name="Last">The last version of the log.</param>
/// <param name="Checkpoint">Where the subscription stands.</param>
/// <param name="Differences">Streams for which the handlers' table is not what a fold over the log gives.</param>
internal sealed record TakeoverResult(IReadOnlyList<TakeoverRound> Rounds, long Events, long Last, long Checkpoint, long Differences)
{
    internal bool IsExact => Differences == 0 && Checkpoint == Last;

    internal bool IsInTime => Rounds.All(round => round.TookOver <= round.Limit);
}

/// <summary>One instance that stopped, and the other that took over.</summary>
/// <param name="Moment">Where the first was frozen; null where it was killed.</param>
/// <param name="TookOver">From then until the other had the lease.</param>
/// <param name="Limit">How long that may take.</param>
/// <param name="Moved">From then until the checkpoint moved on.</param>
/// <param name="Frozen">How long the first was frozen; null where it was killed.</param>
/// <param name="StoodBy">From the thaw until the first knew that it is the standby; null where it was killed.</param>
internal sealed record TakeoverRound(Moment? Moment, TimeSpan TookOver, TimeSpan Limit, TimeSpan Moved, TimeSpan? Frozen, TimeSpan? StoodBy);
