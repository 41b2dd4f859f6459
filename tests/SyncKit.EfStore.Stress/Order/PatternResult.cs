using SyncKit.EfStore.Stress.Reading;

namespace SyncKit.EfStore.Stress.Order;

/// <summary>What became of one pattern.</summary>
/// <param name="Pattern">Which.</param>
/// <param name="Committed">How many events the log holds.</param>
/// <param name="Gaps">How many versions below the highest are missing from it.</param>
/// <param name="Failed">How many transactions ended in an error.</param>
/// <param name="Killed">How many sessions were killed.</param>
/// <param name="Unacknowledged">Events the log holds beyond those the writers heard of; fewer than none is a loss in the database.</param>
/// <param name="Took">How long the writers took.</param>
/// <param name="Readers">What each reader made of it.</param>
internal sealed record PatternResult(
    Pattern Pattern, int Committed, long Gaps, int Failed, long Killed, int Unacknowledged, TimeSpan Took, IReadOnlyList<ReaderVerdict> Readers)
{
    /// <summary>Whether every reader was exact. A control reader is shown only.</summary>
    internal bool IsExact => Unacknowledged >= 0 && Readers.All(reader => reader.IsControl || reader.Verdict.IsExact);

    /// <summary>Whether it was hard enough for the careless reader to lose something.</summary>
    internal bool IsStress => Readers.Any(reader => reader is { IsControl: true, Verdict.Lost: > 0 });
}
