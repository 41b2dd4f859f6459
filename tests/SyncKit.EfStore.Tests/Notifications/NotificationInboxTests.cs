using SyncKit.EfStore.Notifications;

namespace SyncKit.EfStore.Tests.Notifications;

[TestClass]
public sealed class NotificationInboxTests
{
    [TestMethod]
    public void What_fits_comes_out_in_order_and_wakes_nobody_for_nothing()
    {
        var inbox = new NotificationInbox();
        inbox.TryPost("a", "1");
        inbox.Wake();
        inbox.TryPost("b", "2");

        Assert.IsTrue(inbox.TryTake(out var channel, out var payload));
        Assert.AreEqual(("a", "1"), (channel, payload));
        Assert.IsTrue(inbox.TryTake(out channel, out payload));
        Assert.AreEqual(("b", "2"), (channel, payload));
        Assert.IsFalse(inbox.TryTake(out _, out _));
    }

    [TestMethod]
    public void More_than_it_holds_is_refused_until_there_is_room()
    {
        var inbox = new NotificationInbox();

        var taken = Enumerable.Range(0, 100_000).Count(_ => inbox.TryPost("a", "p"));

        Assert.AreEqual(NotificationInbox.MaxCount, taken);
        Assert.IsTrue(inbox.TryTake(out _, out _));
        Assert.IsTrue(inbox.TryPost("a", "p"));
        Assert.IsFalse(inbox.TryPost("a", "p"));
    }

    [TestMethod]
    public void Large_payloads_are_refused_earlier()
    {
        var inbox = new NotificationInbox();
        var large = new string('x', 7_999);

        var taken = Enumerable.Range(0, 100_000).Count(_ => inbox.TryPost("a", large));

        Assert.AreEqual(NotificationInbox.MaxChars / large.Length, taken);
        while (inbox.TryTake(out _, out _))
        {
        }

        Assert.AreEqual(taken, Enumerable.Range(0, 100_000).Count(_ => inbox.TryPost("a", large)));
    }
}
