using System.Text.RegularExpressions;

namespace SyncKit.EfStore.Tests.Stress;

/// <summary>The takeover, short: real processes, frozen and killed.</summary>
[TestClass]
[OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
public sealed partial class TakeoverStressTests
{
    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public async Task A_process_frozen_beyond_its_lease_is_replaced_in_time_and_does_no_harm_thawed()
    {
        var (exitCode, said, all) = await StressProgram.RunAsync(TestContext, "takeover", "--short");

        Assert.AreEqual(0, exitCode, all);
        CollectionAssert.AreEqual(
            (string[])["BeforeTransaction", "AfterWrites", "BeforeCommit", "Killed"], Round().Matches(said).Select(match => match.Groups["moment"].Value).ToArray());
        Assert.MatchesRegex(Exact(), said);
    }

    [TestMethod]
    public async Task A_handler_that_writes_past_its_transaction_is_found_out()
    {
        var (exitCode, said, all) = await StressProgram.RunAsync(TestContext, "takeover", "--careless", "--lease", "2", "--rounds", "2");

        Assert.AreEqual(1, exitCode, all);
        Assert.MatchesRegex(Wrong(), said);
    }

    [GeneratedRegex(@"^(?<moment>\w+) +the other has the lease after", RegexOptions.Multiline)]
    private static partial Regex Round();

    [GeneratedRegex(@"^exact  [\d,]{3,} events, last version ([\d,]+), checkpoint \1, 0 streams differ", RegexOptions.Multiline)]
    private static partial Regex Exact();

    [GeneratedRegex(@"^WRONG  [\d,]+ events, last version ([\d,]+), checkpoint \1, [1-9]\d* streams differ", RegexOptions.Multiline)]
    private static partial Regex Wrong();
}
