using SyncKit.EfStore.Ordering;

namespace SyncKit.EfStore.Tests.Ordering;

/// <summary>What looks at the log prove, and what they do not.</summary>
[TestClass]
public sealed class SettledHorizonTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 0, 0, 0, TimeSpan.Zero);

    private readonly SettledHorizon _horizon = new();
    private DateTimeOffset _now = Start;
    private DateTime _serverStarted = Start.UtcDateTime;

    [TestMethod]
    public void An_empty_log_is_settled_at_zero()
    {
        Look(0);
        Assert.AreEqual((0, null), (_horizon.Mark, _horizon.HeldBy));
    }

    [TestMethod]
    public void With_nobody_open_everything_visible_is_settled()
    {
        Look(7);
        Assert.AreEqual((7, null), (_horizon.Mark, _horizon.HeldBy));
    }

    [TestMethod]
    public void A_holder_leaves_settled_what_was_seen_before_it()
    {
        Look(5);
        Look(9, "a");
        Assert.AreEqual((5, "a"), (_horizon.Mark, _horizon.HeldBy?.VirtualTransaction));

        Look(12);
        Assert.AreEqual((12, null), (_horizon.Mark, _horizon.HeldBy));
    }

    [TestMethod]
    public void Waits_overlap_and_the_mark_follows_the_oldest_holder()
    {
        Look(5);
        Look(9, "a");
        Look(12, "a", "b");
        Look(15, "b", "c");
        Assert.AreEqual((9, "b"), (_horizon.Mark, _horizon.HeldBy?.VirtualTransaction));

        Look(16, "c");
        Assert.AreEqual((12, "c"), (_horizon.Mark, _horizon.HeldBy?.VirtualTransaction));
    }

    [TestMethod]
    public void Versions_without_a_gap_are_settled_whoever_is_open()
    {
        Look(5);
        Look(9, runEnd: 7, "a");
        Assert.AreEqual((7, "a"), (_horizon.Mark, _horizon.HeldBy?.VirtualTransaction));

        Look(10, runEnd: 10, holders: null);
        Assert.AreEqual((10, null), (_horizon.Mark, _horizon.HeldBy));

        // It went on, and is seen again: what it left settled when it was seen first is below the mark by now.
        Look(14, "a");
        Assert.AreEqual((10, "a"), (_horizon.Mark, _horizon.HeldBy?.VirtualTransaction));
    }

    [TestMethod]
    public void The_first_holders_of_a_process_that_knows_nothing_leave_nothing_settled()
    {
        Look(1_000, "a");
        Assert.AreEqual((0, "a"), (_horizon.Mark, _horizon.HeldBy?.VirtualTransaction));
    }

    [TestMethod]
    public void A_holder_is_seen_since_it_was_seen_first()
    {
        Look(5, "a");
        var first = _now;
        Look(6, "a", "b");
        var second = _now;
        Look(7, "a", "b");
        Assert.AreEqual(first, _horizon.HeldBy?.SeenSince);

        Look(8, "b");
        Assert.AreEqual(second, _horizon.HeldBy?.SeenSince);
    }

    [TestMethod]
    public void A_restart_makes_names_mean_nothing()
    {
        Look(5);
        Look(9, "a");

        // "a" was rolled back by the restart; who is called so now may hold a version that "a" was not waited for.
        _serverStarted += TimeSpan.FromMinutes(1);
        Look(20, "a");
        Assert.AreEqual((5, "a"), (_horizon.Mark, _horizon.HeldBy?.VirtualTransaction));
        Assert.AreEqual(_now, _horizon.HeldBy?.SeenSince);

        Look(22);
        Assert.AreEqual(22, _horizon.Mark);
    }

    [TestMethod]
    public void After_a_lost_connection_the_mark_stays_and_new_holders_leave_no_more_than_that()
    {
        Look(5);
        Look(9, "a");
        _horizon.Forget();
        Assert.AreEqual((5, null), (_horizon.Mark, _horizon.HeldBy));

        Look(12, "b");
        Assert.AreEqual(5, _horizon.Mark);
    }

    [TestMethod]
    public void A_prepared_transaction_recovered_under_another_name_is_still_waited_for()
    {
        // A crash that the server recovers from by itself: it did not start again.
        Look(5);
        Look(9, "3/17");
        Look(12, "-1/742");
        Assert.AreEqual((5, "-1/742"), (_horizon.Mark, _horizon.HeldBy?.VirtualTransaction));
    }

    [TestMethod]
    public void A_log_that_lost_what_was_seen_begins_anew()
    {
        Look(91, "a");
        Look(91);
        Assert.AreEqual(91, _horizon.Mark);

        // Rewound to 73 and grown past 91 again, under another event.
        Assert.IsFalse(_horizon.Observe(new LogObservation(95, "other", "another", 95, ["b"], _serverStarted), _now));
        Assert.AreEqual((0, 0, null), (_horizon.Mark, _horizon.Highest, _horizon.HeldBy));
        Look(95, "b");
        Assert.AreEqual(0, _horizon.Mark);
        Look(96);
        Assert.AreEqual(96, _horizon.Mark);

        Assert.IsFalse(_horizon.Observe(new LogObservation(0, null, null, 96, null, _serverStarted), _now));
        Assert.AreEqual(0, _horizon.Mark);
    }

    [TestMethod]
    public void Only_the_holder_that_was_named_is_passed_over_and_only_while_it_is_open()
    {
        Look(5);
        Look(9, "a", "b");
        var named = _horizon.HeldBy!.Value;
        Assert.IsFalse(_horizon.PassOver("c", _now));
        Assert.IsFalse(_horizon.PassOver("a", _now + TimeSpan.FromTicks(1)));
        Assert.IsTrue(_horizon.PassOver("a", named.SeenSince));
        Look(10, "a", "b");
        Assert.AreEqual((5, "b"), (_horizon.Mark, _horizon.HeldBy?.VirtualTransaction));

        Look(12, "a");
        Assert.AreEqual((12, null), (_horizon.Mark, _horizon.HeldBy));

        Look(13);
        Look(15, "a"); // another one that the server calls so
        Assert.AreEqual((13, "a"), (_horizon.Mark, _horizon.HeldBy?.VirtualTransaction));
    }

    private void Look(long highest, params string[] holders) => Look(highest, runEnd: _horizon.Mark, holders);

    private void Look(long highest, long runEnd, params string[]? holders)
    {
        _now += TimeSpan.FromSeconds(1);
        var known = _horizon.Highest > 0 ? $"event {_horizon.Highest}" : null;
        Assert.IsTrue(_horizon.Observe(new LogObservation(highest, $"event {highest}", known, runEnd, holders, _serverStarted), _now));
    }
}
