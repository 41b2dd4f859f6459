namespace SyncKit.EfStore.Ordering;

/// <summary>One look at the log: the rows first, the holders of the version sequence second.</summary>
/// <param name="Highest">The highest version visible; 0 in an empty log.</param>
/// <param name="HighestId">Its event's id; null in an empty log.</param>
/// <param name="KnownId">The id that stands now at the version that was the highest in the look before; null where none does.</param>
/// <param name="RunEnd">Where the versions that follow the mark without a gap end, as far as was looked; the mark itself where none follows.</param>
/// <param name="Holders">
/// The virtual transactions that held the sequence after the rows were read; null where nobody asked, because the versions have no gap.
/// </param>
/// <param name="ServerStarted">When the server started: what virtual transactions are called does not outlive it.</param>
internal sealed record LogObservation(
    long Highest, string? HighestId, string? KnownId, long RunEnd, IReadOnlyCollection<string>? Holders, DateTime ServerStarted);
