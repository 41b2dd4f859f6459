using Microsoft.Extensions.Time.Testing;
using SyncKit.EfStore.Subscriptions.Named;

namespace SyncKit.EfStore.Tests.Subscriptions.Named;

/// <summary>Since when an instance has not moved, which its health is told by.</summary>
[TestClass]
public sealed class SubscriptionStatesTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    private readonly FakeTimeProvider _time = new();

    [TestMethod]
    [DataRow(SubscriptionStatus.Stopped)]
    [DataRow(SubscriptionStatus.Standby)]
    [DataRow(SubscriptionStatus.Paused)]
    [DataRow(SubscriptionStatus.Faulted)]
    public void What_was_halted_with_events_waiting_is_given_its_time_again(SubscriptionStatus halted)
    {
        using var states = Behind();
        states.Set(halted);
        _time.Advance(Long);

        states.Set(SubscriptionStatus.Behind);

        Assert.AreEqual(TimeSpan.Zero, Quiet(states));
        _time.Advance(Long);
        states.Set(SubscriptionStatus.Behind);
        Assert.AreEqual(Long, Quiet(states));
    }

    [TestMethod]
    public void So_is_what_waited_for_the_database()
    {
        using var states = Behind();
        states.Set(SubscriptionStatus.Retrying, isStoreAway: true);
        _time.Advance(Long);
        states.Set(SubscriptionStatus.Retrying, isStoreAway: true);
        Assert.IsTrue(states.IsStoreAway);
        Assert.AreEqual(Long, Quiet(states));

        states.Set(SubscriptionStatus.Behind);

        Assert.IsFalse(states.IsStoreAway);
        Assert.AreEqual(TimeSpan.Zero, Quiet(states));
    }

    [TestMethod]
    public void A_handler_that_fails_again_and_again_does_not_move()
    {
        using var states = Behind();
        for (var i = 0; i < 3; i++)
        {
            _time.Advance(Long);
            states.Set(SubscriptionStatus.Retrying, error: $"attempt {i}");
            states.Set(SubscriptionStatus.Behind);
        }

        Assert.AreEqual(3 * Long, Quiet(states));
    }

    private TimeSpan Quiet(SubscriptionStates states) => _time.GetUtcNow() - states.MovedAt;

    private SubscriptionStates Behind()
    {
        var states = new SubscriptionStates("projection", _time);
        states.Set(SubscriptionStatus.Behind, position: 1, lag: 60);
        return states;
    }
}
