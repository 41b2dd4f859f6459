using SyncKit.EfStore.Ordering;

namespace SyncKit.EfStore.Tests.Ordering;

[TestClass]
public sealed class VersionSetTests
{
    [TestMethod]
    public void Neighbours_become_one_run()
    {
        var set = new VersionSet();

        Assert.IsTrue(set.Add(5));
        Assert.IsTrue(set.Add(7));
        Assert.IsTrue(set.Add(3));
        Assert.AreEqual(3, set.RunCount);

        Assert.IsTrue(set.Add(6));
        Assert.IsTrue(set.Add(4));
        CollectionAssert.AreEqual(new (long, long)[] { (3, 7) }, set.Runs.ToArray());
        Assert.IsFalse(set.Add(5));
    }

    [TestMethod]
    public void A_million_versions_in_a_row_cost_as_much_as_one()
    {
        var set = new VersionSet();
        for (var version = 1; version <= 1_000_000; version++)
        {
            set.Add(version);
        }

        Assert.AreEqual(1, set.RunCount);
    }

    [TestMethod]
    public void Removing_cuts_a_run_in_two()
    {
        var set = new VersionSet();
        foreach (var version in (long[])[1, 2, 5, 6, 7, 9])
        {
            set.Add(version);
        }

        set.RemoveThrough(6);

        CollectionAssert.AreEqual(new (long, long)[] { (7, 7), (9, 9) }, set.Runs.ToArray());
        Assert.IsFalse(set.Contains(6));
        Assert.IsTrue(set.Add(6));
    }

    [TestMethod]
    public void The_gaps_begin_above_the_floor_and_the_last_is_open()
    {
        var set = new VersionSet();
        foreach (var version in (long[])[1, 2, 5, 8])
        {
            set.Add(version);
        }

        CollectionAssert.AreEqual(new (long, long)[] { (3, 4), (6, 7), (9, long.MaxValue) }, set.GapsAbove(0).ToArray());
        CollectionAssert.AreEqual(new (long, long)[] { (7, 7), (9, long.MaxValue) }, set.GapsAbove(6).ToArray());
        CollectionAssert.AreEqual(new (long, long)[] { (11, long.MaxValue) }, set.GapsAbove(10).ToArray());
        CollectionAssert.AreEqual(new (long, long)[] { (1, long.MaxValue) }, new VersionSet().GapsAbove(0).ToArray());
    }

    [TestMethod]
    public void The_highest_number_of_all_ends_the_gaps()
    {
        var set = new VersionSet();
        set.Add(long.MaxValue);
        set.Add(long.MaxValue - 1);

        CollectionAssert.AreEqual(new (long, long)[] { (6, long.MaxValue - 2) }, set.GapsAbove(5).ToArray());
        Assert.IsEmpty(set.GapsAbove(long.MaxValue));
        set.RemoveThrough(long.MaxValue);
        Assert.IsTrue(set.IsEmpty);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    public void Does_what_a_plain_set_does(int seed)
    {
        const int Highest = 300;
        var random = new Random(seed);
        var set = new VersionSet();
        var model = new HashSet<long>();

        for (var step = 0; step < 3_000; step++)
        {
            var version = random.Next(1, Highest);
            switch (random.Next(100))
            {
                case 0:
                    set.RemoveThrough(version / 2);
                    model.RemoveWhere(other => other <= version / 2);
                    break;
                case 1 when step % 500 == 0:
                    set.Clear();
                    model.Clear();
                    break;
                default:
                    Assert.AreEqual(model.Add(version), set.Add(version));
                    break;
            }

            Assert.AreEqual(model.Contains(version + 1), set.Contains(version + 1));
            Assert.AreEqual(model.Count == 0, set.IsEmpty);
            var floor = random.Next(0, Highest);
            if (step % 10 == 0)
            {
                CollectionAssert.AreEqual(model.Order().ToArray(), Flat(set.Runs));
                CollectionAssert.AreEqual(
                    Enumerable.Range(floor + 1, Highest - floor).Select(number => (long)number).Where(number => !model.Contains(number)).ToArray(),
                    Flat(set.GapsAbove(floor).Select(gap => (gap.First, Math.Min(gap.Last, Highest)))));
                Assert.AreEqual(Runs(model), set.RunCount);
                CollectionAssert.AreEqual(model.Order().ToArray(), set.Versions().ToArray());
            }
        }
    }

    private static long[] Flat(IEnumerable<(long First, long Last)> runs) =>
        [.. runs.SelectMany(run => Enumerable.Range((int)run.First, (int)(run.Last - run.First + 1)).Select(number => (long)number))];

    private static int Runs(HashSet<long> model) => model.Count(version => !model.Contains(version - 1));
}
