namespace SyncKit;

/// <summary>
/// The log no longer holds what was read from it: commits were lost in a crash or a failover, a backup was restored, or rows were removed. Going
/// on from the position would skip events in silence.
/// </summary>
public sealed class LogRewoundException : EventStoreException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="expected">The position as it was kept.</param>
    /// <param name="actual">What stands at its version now.</param>
    /// <param name="latest">The last version of the log now.</param>
    public LogRewoundException(LogPosition expected, LogPosition actual, EventVersion latest)
        : base(Describe(expected, actual, latest))
    {
        Expected = expected;
        Actual = actual;
        Latest = latest;
    }

    /// <summary>The position as it was kept.</summary>
    public LogPosition Expected { get; }

    /// <summary>What stands at its version now.</summary>
    public LogPosition Actual { get; }

    /// <summary>The last version of the log now.</summary>
    public EventVersion Latest { get; }

    private static string Describe(LogPosition expected, LogPosition actual, EventVersion latest)
    {
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentNullException.ThrowIfNull(actual);
        return $"The log was rewound: version {expected.Version} was {Name(expected)}, and now is {Name(actual)}; the log ends at version {latest}. "
            + $"{Cause(expected, actual)} What was made of the events up to version {expected.Version} may hold some that are gone: rebuild it from the "
            + "log as it is, or bring the lost events back from a backup.";
    }

    private static string Name(LogPosition position) =>
        position.EventId is { } id ? $"event '{InputRules.Shorten(id)}'" : "no event";

    private static string Cause(LogPosition expected, LogPosition actual) =>
        expected.SystemIdentifier != actual.SystemIdentifier
            ? $"It is another cluster (system identifier {actual.SystemIdentifier} instead of {expected.SystemIdentifier}): a backup was restored, or the "
                + "connection string names another server."
            : expected.Timeline != actual.Timeline
                ? $"A standby was promoted meanwhile (timeline {actual.Timeline} instead of {expected.Timeline}) and had not received everything."
                : "It is the same cluster: commits were lost in a crash (synchronous_commit = off), or rows were removed.";
}
