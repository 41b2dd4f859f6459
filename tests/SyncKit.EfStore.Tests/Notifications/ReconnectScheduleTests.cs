using SyncKit.EfStore.Notifications;

namespace SyncKit.EfStore.Tests.Notifications;

[TestClass]
public sealed class ReconnectScheduleTests
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    [TestMethod]
    public void Waits_double_up_to_the_longest()
    {
        var schedule = new ReconnectSchedule(First, Longest, () => 0);

        double[] waits = [.. Enumerable.Range(0, 6).Select(_ => schedule.NextDelay().TotalMilliseconds)];

        CollectionAssert.AreEqual(new double[] { 100, 200, 400, 800, 1_000, 1_000 }, waits);
        Assert.AreEqual(6, schedule.Failures);
    }

    [TestMethod]
    public void A_success_begins_anew()
    {
        var schedule = new ReconnectSchedule(First, Longest, () => 0);
        schedule.NextDelay();
        schedule.NextDelay();

        schedule.Succeeded();

        Assert.AreEqual(0, schedule.Failures);
        Assert.AreEqual(First, schedule.NextDelay());
    }

    [TestMethod]
    public void Chance_shortens_a_wait_by_up_to_half()
    {
        Assert.AreEqual(TimeSpan.FromMilliseconds(75), new ReconnectSchedule(First, Longest, () => 0.5).NextDelay());
        Assert.IsGreaterThan(TimeSpan.FromMilliseconds(49.9), new ReconnectSchedule(First, Longest, () => 0.999999).NextDelay());
    }

    [TestMethod]
    public void Neither_many_failures_nor_long_waits_overflow()
    {
        var schedule = new ReconnectSchedule(TimeSpan.FromMinutes(5), TimeSpan.FromHours(1), () => 0);
        for (var failure = 0; failure < 1_000; failure++)
        {
            schedule.NextDelay();
        }

        Assert.AreEqual(TimeSpan.FromHours(1), schedule.NextDelay());
    }
}
