namespace SyncKit;

/// <summary>A value a store cannot take. It was refused before it reached the database; nothing was stored.</summary>
public sealed class InvalidInputException : EventStoreException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="field">The refused field, by its column name, such as <c>aggregate_id</c>.</param>
    /// <param name="rule">What the field must be, limit included, such as <c>must hold 1 to 1024 bytes</c>.</param>
    /// <param name="actual">What it was, such as <c>it holds 2000 bytes</c>.</param>
    /// <param name="innerException">The parser's own exception, where there is one.</param>
    public InvalidInputException(string field, string rule, string actual, Exception? innerException = null)
        : base($"The {field} {rule}; {actual}.", innerException)
    {
        Field = field;
        Rule = rule;
        Actual = actual;
    }

    /// <summary>The refused field, by its column name.</summary>
    public string Field { get; }

    /// <summary>What the field must be, its limit included.</summary>
    public string Rule { get; }

    /// <summary>What the field was.</summary>
    public string Actual { get; }
}
