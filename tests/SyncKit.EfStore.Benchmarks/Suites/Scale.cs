namespace SyncKit.EfStore.Benchmarks.Suites;

/// <summary>How much is measured.</summary>
/// <param name="Rounds">Measured rounds, 1 or more.</param>
/// <param name="Stretch">How long a closed loop runs in each.</param>
/// <param name="Log">Events in the table when an append is measured.</param>
/// <param name="Import">Events of an import.</param>
/// <param name="Read">Events of a whole log.</param>
/// <param name="SmallLog">Events of the small log of <c>growth</c>.</param>
/// <param name="LargeLog">Events of the large one.</param>
/// <param name="Calls">Single calls timed in each round of <c>growth</c>.</param>
internal sealed record Scale(
    int Rounds, TimeSpan Stretch, int Log, int Import, int Read, int SmallLog, int LargeLog, int Calls)
{
    /// <summary>What the limits are meant for.</summary>
    internal static Scale Full { get; } =
        new(7, TimeSpan.FromSeconds(5), 100_000, 200_000, 200_000, 50_000, 5_000_000, 500);

    /// <summary>Shows in a few minutes that everything runs; its figures say little.</summary>
    internal static Scale Quick { get; } =
        new(3, TimeSpan.FromSeconds(1), 50_000, 50_000, 50_000, 20_000, 200_000, 200);
}
