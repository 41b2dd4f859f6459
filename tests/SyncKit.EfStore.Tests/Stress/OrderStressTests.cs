using System.Diagnostics;
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
        var program = RepositoryRoot.Program(
            "tests/SyncKit.EfStore.Stress", OperatingSystem.IsWindows() ? "SyncKit.EfStore.Stress.exe" : "SyncKit.EfStore.Stress");
        using var stress = Process.Start(new ProcessStartInfo(program, ["order", "--short", "--seed", "20261123"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        string said;
        string progress;
        try
        {
            var output = stress.StandardOutput.ReadToEndAsync(TestContext.CancellationToken);
            var errors = stress.StandardError.ReadToEndAsync(TestContext.CancellationToken);
            await stress.WaitForExitAsync(TestContext.CancellationToken);
            (said, progress) = (await output, await errors);
        }
        finally
        {
            if (!stress.HasExited)
            {
                stress.Kill(entireProcessTree: true);
            }
        }

        TestContext.WriteLine($"{said}\n{progress}");
        Assert.AreEqual(0, stress.ExitCode, $"{said}\n{progress}");
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
