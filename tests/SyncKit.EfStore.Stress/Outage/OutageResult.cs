using SyncKit.EfStore.Stress.Reading;

namespace SyncKit.EfStore.Stress.Outage;

/// <summary>What an outage and silent sockets did to one application.</summary>
/// <param name="Live">What, and how soon after the server was back it was live again; null where it never was.</param>
/// <param name="LiveWithin">How long that may take.</param>
/// <param name="Noticed">How soon the listener noticed each silence; null where it never did.</param>
/// <param name="NoticedWithin">How long that may take.</param>
/// <param name="Events">Events in the log.</param>
/// <param name="Verdicts">What each reader made of it.</param>
internal sealed record OutageResult(
    IReadOnlyList<(string What, TimeSpan? After)> Live,
    TimeSpan LiveWithin,
    IReadOnlyList<TimeSpan?> Noticed,
    TimeSpan NoticedWithin,
    int Events,
    IReadOnlyList<ReaderVerdict> Verdicts)
{
    internal bool IsLive => Live.All(each => each.After <= LiveWithin);

    internal bool IsNoticed => Noticed.All(after => after <= NoticedWithin);

    internal bool IsExact => Verdicts.All(verdict => verdict.Verdict.IsExact);
}
