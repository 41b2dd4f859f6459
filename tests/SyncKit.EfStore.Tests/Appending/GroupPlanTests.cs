using SyncKit.EfStore.Appending;

namespace SyncKit.EfStore.Tests.Appending;

/// <summary>What becomes of each append of a group, from what the server said.</summary>
[TestClass]
public sealed class GroupPlanTests
{
    [TestMethod]
    public void Appends_to_one_stream_follow_each_other_in_the_order_of_the_calls()
    {
        var (first, second) = (Append("a", ExpectedVersion.Any, 2), Append("a", ExpectedVersion.Any));

        var plan = GroupPlan.Make([first, second], Now(("a", 5)));

        Assert.HasCount(2, plan.Accepted);
        CollectionAssert.AreEqual((long[])[6, 7], plan.Accepted[0].StreamVersions);
        CollectionAssert.AreEqual((long[])[8], plan.Accepted[1].StreamVersions);
    }

    [TestMethod]
    public void An_expectation_is_held_against_the_stream_as_those_before_leave_it()
    {
        var first = Append("a", ExpectedVersion.Exactly(5));
        var same = Append("a", ExpectedVersion.Exactly(5));
        var next = Append("a", ExpectedVersion.Exactly(6));

        var plan = GroupPlan.Make([first, same, next], Now(("a", 5)));

        CollectionAssert.AreEqual((PendingAppend[])[first, next], plan.Accepted.Select(accepted => accepted.Append).ToArray());
        var (refused, error) = plan.Refused.Single();
        Assert.AreSame(same, refused);
        Assert.AreEqual(6, error.Actual);
    }

    [TestMethod]
    public void A_refused_append_leaves_its_streams_as_they_were()
    {
        var refused = Append(ExpectedVersion.StreamExists, "a", "new");
        var accepted = Append("a", ExpectedVersion.Exactly(5));

        var plan = GroupPlan.Make([refused, accepted], Now(("a", 5), ("new", 0)));

        Assert.AreEqual("new", plan.Refused.Single().Error.AggregateId);
        Assert.AreSame(accepted, plan.Accepted.Single().Append);
    }

    [TestMethod]
    public void Stored_ids_come_before_expectations()
    {
        var repeated = Append("a", ExpectedVersion.NoStream);

        var plan = GroupPlan.Make([repeated], Now([("a", 5)], [], repeated.Request.Events[0].Id));

        Assert.AreSame(repeated, plan.Repeated.Single());
        Assert.IsEmpty(plan.Refused);
    }

    [TestMethod]
    public void An_id_named_before_in_the_group_waits_until_that_one_is_decided()
    {
        var first = Append("a", ExpectedVersion.Any);
        var same = new PendingAppend(Request(ExpectedVersion.Any, new EventData("b", "Tested") { Id = first.Request.Events[0].Id }));
        var behind = Append("b", ExpectedVersion.Any);

        var plan = GroupPlan.Make([first, same, behind], Now(("a", 0), ("b", 0)));

        Assert.AreSame(first, plan.Accepted.Single().Append);
        CollectionAssert.AreEqual((PendingAppend[])[same, behind], plan.Again);
    }

    [TestMethod]
    public void Who_names_a_busy_stream_waits_and_nobody_overtakes_him()
    {
        var several = Append(ExpectedVersion.Any, "free", "busy");
        var behind = Append("free", ExpectedVersion.Any);
        var other = Append("other", ExpectedVersion.Any);

        var plan = GroupPlan.Make([several, behind, other], Now([("free", 0), ("busy", 0), ("other", 0)], ["busy"]));

        CollectionAssert.AreEqual((PendingAppend[])[several, behind], plan.Busy);
        Assert.AreSame(other, plan.Accepted.Single().Append);
    }

    private static PendingAppend Append(string stream, ExpectedVersion expected, int events = 1) =>
        new(Request(expected, Sample.Events(stream, events)));

    private static PendingAppend Append(ExpectedVersion expected, params string[] streams) =>
        new(AppendRequest.OfStreams([.. streams.Select(stream => new StreamAppend(expected, Sample.Event(stream)))], EventLimits.DefaultMaxJsonBytes));

    private static AppendRequest Request(ExpectedVersion expected, params EventData[] events) =>
        AppendRequest.OfStreams([new StreamAppend(expected, events)], EventLimits.DefaultMaxJsonBytes);

    private static StreamsNow Now(params (string Stream, long Head)[] heads) => Now(heads, []);

    private static StreamsNow Now((string Stream, long Head)[] heads, string[] busy, params string[] stored) =>
        new(heads.ToDictionary(head => head.Stream, head => head.Head), busy, stored.ToHashSet());
}
