using System.Text.RegularExpressions;

namespace SyncKit.EfStore.Tests.Stress;

/// <summary>The order stress, short: the program as it is run by hand, with a fixed seed.</summary>
[TestClass]
public sealed partial class OrderStressTests
{
    private const int Patterns = 4;
    private const int ExactReadersOfEach = 10;

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public async Task Every_reader_of_both_processes_gets_every_event_once_and_in_order_where_a_careless_one_loses_some()
    {
        var (exitCode, said, all) = await StressProgram.RunAsync(TestContext, "order", "--short", "--seed", "20261123");

        Assert.AreEqual(0, exitCode, all);
        Assert.Contains("Exact: 0 lost, 0 doubled, 0 inverted.", said);

        // What the program says of itself is counted here once more: readers that were not there lost nothing either.
        Assert.HasCount(Patterns * ExactReadersOfEach, ExactLine().Matches(said), said);
        Assert.HasCount(Patterns, NaiveLine().Matches(said), said);
    }

    [GeneratedRegex(@"(LoadAsync|SubscribeAsync|AddSubscription|SubscribeToAllAsync|ObserveAll)(, process \d+)?\s+[67],\d{3}\s+0\s+0\s+0\s+0\s*$", RegexOptions.Multiline)]
    private static partial Regex ExactLine();

    [GeneratedRegex(@"\(naive\)\s+[\d,]+\s+[1-9][\d,]*\s+0\s+\d+\s+0\s*$", RegexOptions.Multiline)]
    private static partial Regex NaiveLine();
}
