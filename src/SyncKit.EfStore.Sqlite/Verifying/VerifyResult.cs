namespace SyncKit.EfStore.Sqlite;

/// <summary>What a comparison of two logs found. Immutable.</summary>
/// <param name="FromEvents">How many events of the first log were read.</param>
/// <param name="ToEvents">How many events of the second log were read.</param>
/// <param name="Missing">How many the first log has and the second has not.</param>
/// <param name="Extra">How many the second log has and the first has not.</param>
/// <param name="Changed">How many both have, with other content or another time.</param>
/// <param name="Reordered">How many stand elsewhere in the order.</param>
/// <param name="Erased">How many were erased in one log only.</param>
/// <param name="First">The first differences in the order of the first log, at most <see cref="VerifyOptions.First"/>.</param>
/// <param name="Streams">The first streams of unequal length, at most <see cref="VerifyOptions.First"/>.</param>
/// <param name="UnequalStreams">How many streams are of unequal length; counted up to 100,000.</param>
public sealed record VerifyResult(
    long FromEvents,
    long ToEvents,
    long Missing,
    long Extra,
    long Changed,
    long Reordered,
    long Erased,
    IReadOnlyList<EventDifference> First,
    IReadOnlyList<StreamDifference> Streams,
    long UnequalStreams)
{
    /// <summary>How many differences there are.</summary>
    public long Differences => Missing + Extra + Changed + Reordered + Erased;

    /// <summary>Whether both logs hold the same events in the same order. Those erased on one side count unless <see cref="VerifyOptions.IgnoreErased"/> is set.</summary>
    public bool IsEqual => Differences == 0;
}
