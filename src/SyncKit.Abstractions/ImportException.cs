namespace SyncKit;

/// <summary>A line of JSON Lines is no event, or its event cannot be stored. Everything before that line was imported, unless the import is atomic.</summary>
public sealed class ImportException : EventStoreException
{
    /// <summary>Creates the exception of a line that was only read.</summary>
    /// <param name="line">The line, from 1.</param>
    /// <param name="problem">What is wrong with it, limit included, as a sentence.</param>
    /// <param name="innerException">What found it.</param>
    public ImportException(long line, string problem, Exception? innerException = null)
        : base($"Line {line}: {problem}", innerException)
    {
        Line = line;
        Problem = problem;
    }

    /// <summary>Creates the exception that ends an import.</summary>
    /// <param name="line">The line, from 1.</param>
    /// <param name="problem">What is wrong with it, limit included, as a sentence.</param>
    /// <param name="stored">How many events before it this import stored.</param>
    /// <param name="skipped">How many events before it were stored already.</param>
    /// <param name="innerException">What found it.</param>
    public ImportException(long line, string problem, long stored, long skipped, Exception? innerException = null)
        : this(
            line,
            problem,
            stored,
            skipped,
            $"Everything before it is stored: {stored} events now, {skipped} earlier. "
                + "Correct the line and import the same input again; it goes on from there.",
            innerException)
    {
    }

    // The outcome says what is stored now and what to do.
    internal ImportException(long line, string problem, long stored, long skipped, string outcome, Exception? innerException)
        : base($"Line {line}: {problem} {outcome}", innerException)
    {
        Line = line;
        Problem = problem;
        Stored = stored;
        Skipped = skipped;
    }

    /// <summary>The line, from 1; of events that came from no lines, the place in their sequence.</summary>
    public long Line { get; }

    /// <summary>What is wrong with it, without the line number and the counts.</summary>
    public string Problem { get; }

    /// <summary>How many events before it this import stored.</summary>
    public long Stored { get; }

    /// <summary>How many events before it were stored already, with equal content.</summary>
    public long Skipped { get; }
}
