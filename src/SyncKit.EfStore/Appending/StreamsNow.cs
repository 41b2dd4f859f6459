namespace SyncKit.EfStore.Appending;

/// <summary>What a transaction found once it had its locks: nobody who takes them can change it until it ends.</summary>
/// <param name="Heads">Each stream's last stream version; 0 where it is empty. Says nothing about <paramref name="Busy"/> ones.</param>
/// <param name="Busy">Streams whose lock somebody else holds.</param>
/// <param name="StoredIds">The ids that are taken.</param>
internal sealed record StreamsNow(
    IReadOnlyDictionary<string, long> Heads, IReadOnlyCollection<string> Busy, IReadOnlySet<string> StoredIds);
