namespace SyncKit.EfStore.Benchmarks.Suites;

/// <summary>The suites that have figures with limits, in the order <c>all</c> runs them.</summary>
internal static class AllSuites
{
    internal static IReadOnlyList<ISuite> List { get; } =
    [
        new AppendSingleSuite(),
        new AppendConcurrentSuite(),
        new NotifyModeSuite(),
        new AppendBatchSuite(),
        new AppendDbContextSuite(),
        new ImportSuite(),
        new CopySuite(),
        new ReadSuite(),
        new GrowthSuite(),
        new NotifySuite(),
        new FanOutSuite(),
        new CatchUpSuite(),
        new SignalsSuite(),
    ];
}
