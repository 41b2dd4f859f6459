namespace SyncKit;

/// <summary>Writes one copy, batch after batch. Not thread safe. Disposed before it is completed, it leaves the batches that are written.</summary>
/// <remarks>
/// Each batch, with its part of the record, is a transaction; where versions are kept, the whole copy is one, and nothing of it stays before
/// <see cref="CompleteAsync"/>.
/// </remarks>
public interface IEventCopyWriter : IAsyncDisposable
{
    /// <summary>
    /// Writes events in their order, each to the end of its stream, and records that everything up to <see cref="EventCopyBatch.Passed"/> is dealt
    /// with. An event that is stored with equal content is left where it is, and mapped to it.
    /// </summary>
    /// <param name="batch">What to write.</param>
    /// <param name="cancellationToken">Ends the attempt; it happened whole or not at all.</param>
    /// <returns>
    /// What became of it. Where events are refused, nothing is written: write the batch again without them, or only what stands before the first.
    /// (What a batch torn by other writers wrote before it came to them is recorded, and passed over by the next.)
    /// </returns>
    /// <exception cref="EventCopyException">Another process moved the same copy on.</exception>
    /// <exception cref="EventStoreUnavailableException">The log cannot be used (any more).</exception>
    Task<EventCopyOutcome> WriteAsync(EventCopyBatch batch, CancellationToken cancellationToken = default);

    /// <summary>Makes everything stay.</summary>
    /// <param name="cancellationToken">Ends the attempt.</param>
    Task CompleteAsync(CancellationToken cancellationToken = default);
}
