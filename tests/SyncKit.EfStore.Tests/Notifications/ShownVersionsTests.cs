using SyncKit.EfStore.Notifications;

namespace SyncKit.EfStore.Tests.Notifications;

[TestClass]
public sealed class ShownVersionsTests
{
    [TestMethod]
    public void Each_version_is_shown_once_in_whatever_order_it_comes()
    {
        var shown = new ShownVersions();

        Assert.IsTrue(shown.TryShow(7));
        Assert.IsTrue(shown.TryShow(5));
        Assert.IsFalse(shown.TryShow(7));
        Assert.IsTrue(shown.TryShow(6));
        Assert.IsFalse(shown.TryShow(5));
        Assert.AreEqual(1, shown.RunCount);
    }

    [TestMethod]
    public void What_is_settled_counts_as_shown()
    {
        var shown = new ShownVersions();
        shown.TryShow(3);
        shown.TryShow(12);

        shown.Settle(10);

        Assert.AreEqual(10, shown.Mark);
        Assert.IsFalse(shown.TryShow(3));
        Assert.IsFalse(shown.TryShow(4));
        Assert.IsFalse(shown.TryShow(10));
        Assert.IsFalse(shown.TryShow(12));
        Assert.IsTrue(shown.TryShow(11));
    }

    [TestMethod]
    public void The_mark_never_goes_back()
    {
        var shown = new ShownVersions();
        shown.Settle(10);

        shown.Settle(4);

        Assert.AreEqual(10, shown.Mark);
        Assert.IsFalse(shown.TryShow(5));
    }

    [TestMethod]
    public void The_ranges_not_shown_are_the_gaps_and_everything_above()
    {
        var shown = new ShownVersions();
        shown.Settle(10);
        shown.TryShow(12);
        shown.TryShow(13);
        shown.TryShow(20);

        CollectionAssert.AreEqual(
            new (long, long)[] { (11, 11), (14, 19), (21, long.MaxValue) }, shown.Unshown().ToArray());
    }

    [TestMethod]
    public void Forgetting_the_lower_half_keeps_the_upper_gaps()
    {
        var shown = new ShownVersions();
        for (var version = 2; version <= 20; version += 2)
        {
            shown.TryShow(version);
        }

        var mark = shown.ForgetLowerHalf();

        Assert.AreEqual(12, mark);
        Assert.IsFalse(shown.TryShow(11));
        Assert.IsTrue(shown.TryShow(13));
        Assert.IsFalse(shown.TryShow(14));
    }

    [TestMethod]
    public void A_forged_last_version_of_all_leaves_nothing_to_read_above_it()
    {
        var shown = new ShownVersions();
        shown.Settle(10);

        shown.TryShow(long.MaxValue);

        CollectionAssert.AreEqual(new (long, long)[] { (11, long.MaxValue - 1) }, shown.Unshown().ToArray());
    }
}
