namespace SyncKit;

/// <summary>
/// A log as the source of a copy or of a comparison: everything that is stored, in the order of versions, and as it is stored. Never writes.
/// Safe for any number of threads.
/// </summary>
/// <remarks>
/// Events are only ever added, and never below what is settled: everything up to a version that <see cref="GetLatestVersionAsync"/> returned stays
/// as it is while writers go on, so reading up to it is reading one snapshot, with no transaction held open. Every method throws
/// <see cref="EventStoreUnavailableException"/> when the log cannot be used and <see cref="OperationCanceledException"/> when cancelled.
/// </remarks>
public interface IEventCopySource
{
    /// <summary>The version up to which the log is settled now; <see cref="EventVersion.Zero"/> of an empty one.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<EventVersion> GetLatestVersionAsync(CancellationToken cancellationToken = default);

    /// <summary>How many events there are in a part of the log.</summary>
    /// <param name="after">The part begins behind this version; at zero, with whatever comes first, versions below 1 included.</param>
    /// <param name="upTo">The part ends with this version.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<long> CountAsync(EventVersion after, EventVersion upTo, CancellationToken cancellationToken = default);

    /// <summary>Reads a part of the log in constant memory, ahead of the caller where he comes back for more.</summary>
    /// <param name="after">The part begins behind this version; at zero, with whatever comes first, versions below 1 included.</param>
    /// <param name="upTo">The part ends with this version: one that <see cref="GetLatestVersionAsync"/> returned.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    IAsyncEnumerable<SourceEvent> ReadAsync(EventVersion after, EventVersion upTo, CancellationToken cancellationToken = default);

    /// <summary>The events under these ids, those above what is settled included, in no order. An id that is not stored has none.</summary>
    /// <param name="ids">1,000 at most, each once.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    IAsyncEnumerable<SourceEvent> FindAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken = default);
}
