using SyncKit.EfStore.Stress.Reading;

namespace SyncKit.EfStore.Stress.Hold;

/// <summary>What two long transactions did to readers.</summary>
/// <param name="Limit">How much delay may be added.</param>
/// <param name="Readers">The delays of each kind of reader.</param>
/// <param name="Named">Where the appending one was named, and how soon; null where it never was.</param>
/// <param name="Early">Events that came before one that was still open below them, to readers that promise version order.</param>
/// <param name="Waited">How many events waited for the appending transaction.</param>
/// <param name="Verdicts">What each reader made of the whole log.</param>
internal sealed record HoldResult(
    TimeSpan Limit,
    IReadOnlyList<ReaderDelays> Readers,
    IReadOnlyList<(string Where, TimeSpan? After)> Named,
    int Early,
    int Waited,
    IReadOnlyList<ReaderVerdict> Verdicts)
{
    /// <summary>How soon the holder must be named.</summary>
    internal static readonly TimeSpan NamedWithin = TimeSpan.FromSeconds(2);

    internal bool IsPrompt => Readers.All(reader => reader.AddedElsewhere <= Limit && reader.AddedBelow <= Limit + reader.MayWait);

    internal bool IsNamed => Named.All(place => place.After <= NamedWithin);

    internal bool IsExact => Early == 0 && Waited > 0 && Verdicts.All(verdict => verdict.Verdict.IsExact);
}

/// <summary>One reader's delays.</summary>
/// <param name="Reader">Its name.</param>
/// <param name="MayWait">How long it may wait for an open append with events that come before it.</param>
/// <param name="Before">Before any long transaction.</param>
/// <param name="Unrelated">While one was open that had written elsewhere.</param>
/// <param name="Below">
/// While an appending one was open, of the events that need not wait for it: those below its version, and to who reads by notification all.
/// Null where there were none.
/// </param>
internal sealed record ReaderDelays(string Reader, TimeSpan MayWait, Delays Before, Delays Unrelated, Delays? Below)
{
    /// <summary>The most that the unrelated transaction added, at the 99th percentile or the end.</summary>
    internal TimeSpan AddedElsewhere =>
        Unrelated.Slow - Before.Slow is var slow && Unrelated.Slowest - Before.Slowest is var slowest && slow > slowest ? slow : slowest;

    /// <summary>The most that the appending one added to what comes before it.</summary>
    internal TimeSpan AddedBelow => Below is null ? TimeSpan.Zero : Below.Slowest - Before.Slowest;
}
