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

    [TestMethod]
    public void What_a_payload_told_is_read_again_and_not_shown_again()
    {
        var shown = new ShownVersions();
        shown.Settle(10);

        Assert.IsTrue(shown.TryTell(Event(11)));
        Assert.AreEqual(Telling.Known, shown.Weigh(Event(11)));
        CollectionAssert.AreEqual(new (long, long)[] { (11, long.MaxValue) }, shown.Unshown().ToArray());

        Assert.IsFalse(shown.TryShow(Event(11) with { CreatedAt = DateTimeOffset.UnixEpoch }));
        Assert.AreEqual(0, shown.UnconfirmedCount);
        Assert.AreEqual(Telling.Known, shown.Weigh(Event(11)));
        Assert.AreEqual(0, shown.TakeForged());
    }

    [TestMethod]
    [DataRow("another", "a", "t", 1)]
    [DataRow("e", "another", "t", 1)]
    [DataRow("e", "a", "another", 1)]
    [DataRow("e", "a", "t", 2)]
    public void An_event_that_was_told_of_otherwise_is_shown_as_the_log_has_it(string id, string stream, string type, long streamVersion)
    {
        var shown = new ShownVersions();
        shown.TryTell(new EventNotification(new EventVersion(1), streamVersion, id, stream, type, null));

        Assert.AreEqual(Telling.Doubtful, shown.Weigh(Event(1)));
        Assert.AreEqual(Telling.Doubtful, shown.Weigh(Event(1)));
        Assert.IsTrue(shown.TryShow(Event(1)));
        Assert.IsFalse(shown.TryShow(Event(1)));
        Assert.AreEqual(1, shown.TakeForged());
        Assert.AreEqual(0, shown.TakeForged());
    }

    [TestMethod]
    public void What_a_read_does_not_find_is_forgotten_and_may_still_come()
    {
        var shown = new ShownVersions();
        shown.TryTell(Event(3));
        shown.TryTell(Event(5));
        shown.TryTell(Event(6, stream: "b"));

        shown.RefuseUnconfirmed(4, null);
        shown.RefuseUnconfirmed(10, ["a"]);

        Assert.AreEqual(0, shown.UnconfirmedCount);
        Assert.AreEqual(2, shown.TakeForged()); // of stream b nothing was read
        Assert.IsTrue(shown.TryShow(Event(3)));
        Assert.IsTrue(shown.TryTell(Event(5)));
    }

    [TestMethod]
    public void A_payload_far_above_the_log_is_not_believed()
    {
        var shown = new ShownVersions();
        shown.Settle(10);

        Assert.AreEqual(Telling.Doubtful, shown.Weigh(Event(11 + ShownVersions.MostUnconfirmed)));
        Assert.AreEqual(Telling.Doubtful, shown.Weigh(Event(long.MaxValue)));
        shown.Reaches(20);
        Assert.IsTrue(shown.TryTell(Event(11 + ShownVersions.MostUnconfirmed)));
    }

    [TestMethod]
    public void Only_so_many_are_believed_before_a_read()
    {
        var shown = new ShownVersions();
        for (var version = 1; version <= ShownVersions.MostUnconfirmed; version++)
        {
            Assert.IsTrue(shown.TryTell(Event(version)));
        }

        shown.Reaches(ShownVersions.MostUnconfirmed);
        Assert.AreEqual(Telling.Doubtful, shown.Weigh(Event(ShownVersions.MostUnconfirmed + 1)));
        shown.Settle(ShownVersions.MostUnconfirmed);
        Assert.AreEqual(0, shown.UnconfirmedCount);
        Assert.IsTrue(shown.TryTell(Event(ShownVersions.MostUnconfirmed + 1)));
        Assert.AreEqual(0, shown.TakeForged());
    }

    private static EventNotification Event(long version, string stream = "a") =>
        new(new EventVersion(version), 1, "e", stream, "t", null);
}
