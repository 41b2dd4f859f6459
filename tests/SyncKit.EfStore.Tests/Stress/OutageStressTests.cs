using System.Text.RegularExpressions;

namespace SyncKit.EfStore.Tests.Stress;

/// <summary>The outage, short: a server that is away, and a silent socket.</summary>
[TestClass]
public sealed partial class OutageStressTests
{
    private const int ExactReaders = 5;

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public async Task Every_reader_is_live_again_after_an_outage_and_a_silence_and_missed_nothing()
    {
        var (exitCode, said, all) = await StressProgram.RunAsync(TestContext, "outage", "--seconds", "2", "--silences", "1");

        // How soon a silence is noticed is for a machine with time to tell; that it is, within seconds, is said here.
        Assert.HasCount(ExactReaders, ExactLine().Matches(said), all);
        Assert.StartsWith("live again", said, all);
        Assert.MatchesRegex(NoticedLine(), said, all);
        Assert.AreEqual(said.Contains("\nnoticed:", StringComparison.Ordinal) ? 0 : 1, exitCode, all);
    }

    [GeneratedRegex(@"^exact  \w+: of [\d,]{3,} events 0 lost, 0 doubled, 0 inverted, 0 invented", RegexOptions.Multiline)]
    private static partial Regex ExactLine();

    [GeneratedRegex(@"noticed: silent sockets, limit 2.25 s: [0-4]\.\d\d s", RegexOptions.IgnoreCase)]
    private static partial Regex NoticedLine();
}
