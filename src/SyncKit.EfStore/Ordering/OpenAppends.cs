namespace SyncKit.EfStore.Ordering;

/// <summary>
/// The highest version seen, and the transactions that may still fill a gap below it.
/// </summary>
/// <param name="Highest">The highest version visible when the transactions were listed.</param>
/// <param name="Holders">The virtual transactions that held the version sequence after that.</param>
internal sealed record OpenAppends(long Highest, string[] Holders);
