using SyncKit.EfStore.Sqlite.Verifying;

namespace SyncKit.EfStore.Sqlite;

/// <summary>
/// Compares two logs event by event: both are read once, at the same time and in constant memory, whatever either holds. Neither is written to.
/// </summary>
/// <remarks>
/// Events are found in each other by their ids. Data and metadata are compared by a hash of what JSONB holds equal: the last of duplicate keys
/// counts and their order does not, numbers go by value with all their digits, SQL NULL and JSON <c>null</c> differ. Times are compared to the
/// microsecond. Versions themselves are not compared, but the order they make is. Each log is compared up to where it is settled when the
/// comparison begins; an event appended to one of them meanwhile is no difference once the other has it too.
/// </remarks>
public static class EventVerifier
{
    private const int MostNamed = 100_000;
    private const int EventsBetweenReports = 1_000;

    /// <summary>Compares two logs.</summary>
    /// <param name="from">The first log: differences are named from its point of view.</param>
    /// <param name="to">The second log.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="progress">Told after every 1,000 events of the first log.</param>
    /// <param name="cancellationToken">Ends the comparison.</param>
    /// <exception cref="InvalidInputException">An option is out of bounds.</exception>
    /// <exception cref="EventStoreUnavailableException">A log cannot be used (any more).</exception>
    public static Task<VerifyResult> VerifyAsync(
        IEventCopySource from,
        IEventCopySource to,
        VerifyOptions? options = null,
        IProgress<VerifyProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        options ??= new VerifyOptions();
        if (options.First is < 0 or > MostNamed)
        {
            throw new InvalidInputException("number of differences to name", $"must be from 0 to {MostNamed}", $"it is {options.First}");
        }

        return VerifyAsync(from, to, options, progress, LogComparison.DefaultWindow, cancellationToken);
    }

    /// <param name="from">The first log.</param>
    /// <param name="to">The second log.</param>
    /// <param name="options">Checked.</param>
    /// <param name="progress">Told now and then.</param>
    /// <param name="window">So many events of each log wait for their counterparts at most.</param>
    /// <param name="cancellationToken">Ends the comparison.</param>
    internal static async Task<VerifyResult> VerifyAsync(
        IEventCopySource from, IEventCopySource to, VerifyOptions options, IProgress<VerifyProgress>? progress, int window, CancellationToken cancellationToken)
    {
        // The second first: what a mirror copies between the two questions is then at least asked for.
        var lastTo = await to.GetLatestVersionAsync(cancellationToken).ConfigureAwait(false);
        var lastFrom = await from.GetLatestVersionAsync(cancellationToken).ConfigureAwait(false);

        var differences = new DifferenceList(options);
        var comparison = new LogComparison(differences, (ids, token) => FindAsync(from, ids, token), (ids, token) => FindAsync(to, ids, token), window);
        await using var ofFrom = FingerprintReader.ReadAsync(from, lastFrom, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using var ofTo = FingerprintReader.ReadAsync(to, lastTo, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await comparison.RunAsync(ofFrom, ofTo, Report, cancellationToken).ConfigureAwait(false);
        return differences.Result(comparison.From.Events, comparison.To.Events);

        void Report()
        {
            if (comparison.From.Events % EventsBetweenReports == 0)
            {
                progress?.Report(new VerifyProgress(
                    comparison.From.Events, new EventVersion(Math.Max(0, comparison.From.At)), lastFrom, differences.Count));
            }
        }
    }

    private static async Task<IReadOnlyDictionary<string, EventFingerprint>> FindAsync(
        IEventCopySource log, IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, EventFingerprint>(StringComparer.Ordinal);
        await foreach (var source in log.FindAsync(ids, cancellationToken).ConfigureAwait(false))
        {
            found[source.Id] = EventFingerprint.Of(source);
        }

        return found;
    }
}
