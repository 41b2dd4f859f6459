using SyncKit.EfStore.Stress.Soak;

namespace SyncKit.EfStore.Tests.Stress;

/// <summary>A bit for each version tells as much as a list would.</summary>
[TestClass]
public sealed class TallyTests
{
    [TestMethod]
    public void Counts_what_was_lost_doubled_and_inverted()
    {
        var tally = new Tally();
        foreach (var version in new long[] { 1, 63, 64, 65, 64, 2, 1_000 })
        {
            tally.Add(new EventVersion(version));
        }

        Assert.AreEqual((1, 1), (tally.Doubled, tally.Inverted));
        Assert.AreEqual(0, tally.Lost([1, 2, 63, 64, 65, 1_000]));
        Assert.AreEqual(4, tally.Lost([1, 3, 66, 999, 1_000, 1_000_000])); // all but 1 and 1,000
    }
}
