namespace SyncKit;

/// <summary>A stream was not where the append expected it. Nothing of the append was stored.</summary>
public sealed class WrongExpectedVersionException : EventStoreException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="aggregateId">The stream.</param>
    /// <param name="expected">What the append expected.</param>
    /// <param name="actual">The stream version found; 0 where the stream does not exist.</param>
    /// <param name="innerException">What the database reported, where it was the unique index that decided.</param>
    public WrongExpectedVersionException(
        string aggregateId, ExpectedVersion expected, long actual, Exception? innerException = null)
        : base(
            $"Stream '{InputRules.Shorten(aggregateId)}' {Found(actual)}, but the append expected {expected}. "
                + "Read the stream and decide again.",
            innerException)
    {
        AggregateId = aggregateId;
        Expected = expected;
        Actual = actual;
    }

    /// <summary>The stream.</summary>
    public string AggregateId { get; }

    /// <summary>What the append expected.</summary>
    public ExpectedVersion Expected { get; }

    /// <summary>The stream version found; 0 where the stream does not exist.</summary>
    public long Actual { get; }

    private static string Found(long actual) => actual == 0 ? "does not exist" : $"is at stream version {actual}";
}
