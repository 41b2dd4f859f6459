namespace SyncKit.EfStore.Stress.Order;

/// <summary>A mix that some way of ordering is known to lose events under, in the letters of the engineering notes.</summary>
/// <param name="Name">Its letter and what is special.</param>
/// <param name="LongTransaction">Whether an unrelated transaction that writes is open nearly all the time.</param>
/// <param name="KillsPerSecond">How many sessions are killed, writers and readers alike.</param>
/// <param name="DrawsEarly">Whether some writers draw their version in a statement before the INSERT.</param>
internal sealed record Pattern(string Name, bool LongTransaction, double KillsPerSecond, bool DrawsEarly)
{
    internal static IReadOnlyList<Pattern> All { get; } =
    [
        new("A plain", LongTransaction: false, KillsPerSecond: 0, DrawsEarly: false),
        new("B long transaction", LongTransaction: true, KillsPerSecond: 0, DrawsEarly: false),
        new("C kills", LongTransaction: false, KillsPerSecond: 12, DrawsEarly: false),
        new("D nextval first, kills", LongTransaction: false, KillsPerSecond: 12, DrawsEarly: true),
    ];
}
