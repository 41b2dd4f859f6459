namespace SyncKit.EfStore.Tests.Abstractions;

[TestClass]
public sealed class LogRewoundExceptionTests
{
    private static readonly LogPosition Kept = new(new EventVersion(91), "x", SystemIdentifier: 5, Timeline: 1);

    [TestMethod]
    public void Says_what_was_there_what_is_there_and_what_to_do()
    {
        var actual = Kept with { EventId = null };
        var error = new LogRewoundException(Kept, actual, new EventVersion(73));

        Assert.AreEqual(
            "The log was rewound: version 91 was event 'x', and now is no event; the log ends at version 73. It is the same cluster: commits were lost "
                + "in a crash (synchronous_commit = off), or rows were removed. What was made of the events up to version 91 may hold some that are gone: "
                + "rebuild it from the log as it is, or bring the lost events back from a backup.",
            error.Message);
        Assert.AreEqual((Kept, actual, new EventVersion(73)), (error.Expected, error.Actual, error.Latest));
    }

    [TestMethod]
    public void Names_a_promoted_standby_and_another_cluster()
    {
        var promoted = new LogRewoundException(Kept, Kept with { EventId = "y", Timeline = 2 }, new EventVersion(95));
        Assert.Contains("and now is event 'y'; the log ends at version 95. A standby was promoted meanwhile (timeline 2 instead of 1)", promoted.Message);

        var restored = new LogRewoundException(Kept, Kept with { EventId = "y", SystemIdentifier = 6, Timeline = 2 }, new EventVersion(95));
        Assert.Contains("It is another cluster (system identifier 6 instead of 5)", restored.Message);
    }
}
