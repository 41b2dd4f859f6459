using SyncKit.EfStore.Stress.Checking;
using SyncKit.EfStore.Stress.Hold;
using SyncKit.EfStore.Stress.Reading;

namespace SyncKit.EfStore.Tests.Stress;

/// <summary>Long transactions beside readers, short; and what the run makes of delays.</summary>
[TestClass]
public sealed class HoldStressTests
{
    private static readonly Delays Quick = Delays.Of([.. Enumerable.Range(1, 100).Select(n => TimeSpan.FromMilliseconds(n))]);

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public async Task An_unrelated_transaction_delays_nobody_and_an_appending_one_what_comes_after_it_and_is_named()
    {
        // Half of what a reader would wait that waits for either: more than a busy machine adds.
        var (exitCode, said, all) = await StressProgram.RunAsync(TestContext, "hold", "--seconds", "3", "--limit", "1500");

        Assert.AreEqual(0, exitCode, all);
        Assert.EndsWith("exact, prompt, named", said.TrimEnd());
    }

    [TestMethod]
    public void Delays_are_told_by_their_middle_and_their_end()
    {
        Assert.AreEqual(
            new Delays(100, TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(99), TimeSpan.FromMilliseconds(100)), Quick);
        Assert.AreEqual(TimeSpan.FromSeconds(1), Delays.Of([TimeSpan.FromSeconds(1)]).Slow);
    }

    [TestMethod]
    [DataRow("as before", true, true, true)]
    [DataRow("all slower", false, true, true)]
    [DataRow("one slower", false, true, true)]
    [DataRow("late before the append", false, true, true)]
    [DataRow("late where it may be", true, true, true)]
    [DataRow("never named", true, false, true)]
    [DataRow("named late", true, false, true)]
    [DataRow("early", true, true, false)]
    [DataRow("nothing waited", true, true, false)]
    [DataRow("lost", true, true, false)]
    public void What_is_promised_is_held_against_what_was_seen(string what, bool prompt, bool named, bool exact)
    {
        var late = TimeSpan.FromMilliseconds(250);
        var result = new HoldResult(
            TimeSpan.FromMilliseconds(100),
            [
                new ReaderDelays("one", TimeSpan.FromSeconds(5), Quick, Quick, what == "late where it may be" ? Quick with { Slowest = late } : null),
                new ReaderDelays(
                    "other",
                    TimeSpan.Zero,
                    Quick,
                    what switch
                    {
                        "all slower" => Quick with { Slow = late },
                        "one slower" => Quick with { Slowest = late },
                        _ => Quick,
                    },
                    what == "late before the append" ? Quick with { Slowest = late } : Quick),
            ],
            [("log", TimeSpan.FromSeconds(1)), ("metric", what switch { "never named" => null, "named late" => TimeSpan.FromSeconds(2.1), _ => TimeSpan.FromSeconds(2) })],
            what == "early" ? 1 : 0,
            what == "nothing waited" ? 0 : 1,
            [new ReaderVerdict("one", IsControl: false, new Verdict(9, what == "lost" ? 1 : 0, 0, 0, 0))]);

        Assert.AreEqual((prompt, named, exact), (result.IsPrompt, result.IsNamed, result.IsExact));
    }
}
