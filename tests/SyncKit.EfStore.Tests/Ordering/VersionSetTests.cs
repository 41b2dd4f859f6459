using SyncKit.EfStore.Ordering;

namespace SyncKit.EfStore.Tests.Ordering;

/// <summary>Against a plain set, which is slow and obvious.</summary>
[TestClass]
public sealed class VersionSetTests
{
    [TestMethod]
    public void Behaves_as_a_set_and_keeps_runs()
    {
        var random = new Random(20_261_123);
        for (var round = 0; round < 200; round++)
        {
            var (set, model) = (new VersionSet(), new SortedSet<long>());
            for (var step = 0; step < 60; step++)
            {
                var version = random.Next(1, 40);
                if (random.Next(12) == 0)
                {
                    set.RemoveThrough(version);
                    model.RemoveWhere(kept => kept <= version);
                }
                else
                {
                    Assert.AreEqual(model.Add(version), set.Add(version));
                }

                AssertSame(set, model);
            }
        }
    }

    [TestMethod]
    public void A_million_in_a_row_cost_one_run()
    {
        var set = new VersionSet();

        for (var version = 1; version <= 1_000_000; version++)
        {
            set.Add(version);
        }

        Assert.AreEqual(1, set.RunCount);
        CollectionAssert.AreEqual(((long, long)[])[(1_000_001, long.MaxValue)], set.GapsAbove(0).ToArray());
    }

    [TestMethod]
    public void Clearing_forgets_all()
    {
        var set = new VersionSet();
        set.Add(5);

        set.Clear();

        Assert.IsTrue(set.IsEmpty);
        Assert.IsFalse(set.Contains(5));
    }

    private static void AssertSame(VersionSet set, SortedSet<long> model)
    {
        for (var version = 0L; version <= 41; version++)
        {
            Assert.AreEqual(model.Contains(version), set.Contains(version));
        }

        Assert.AreEqual(model.Count == 0, set.IsEmpty);
        Assert.AreEqual(model.Count(version => !model.Contains(version - 1)), set.RunCount);
        foreach (var floor in (long[])[0, 7, 20, 40])
        {
            var gaps = set.GapsAbove(floor).ToList();
            Assert.AreEqual(long.MaxValue, gaps[^1].Last);
            for (var version = floor + 1; version <= 41; version++)
            {
                Assert.AreEqual(!model.Contains(version), gaps.Any(gap => version >= gap.First && version <= gap.Last));
            }
        }
    }
}
