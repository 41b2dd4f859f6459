using SyncKit.EfStore.Stress.Checking;

namespace SyncKit.EfStore.Stress.Reading;

/// <summary>Readers of one process, this one or another. They are ready when they have been started.</summary>
internal interface IReaderGroup : IAsyncDisposable
{
    /// <summary>
    /// Ends when every reader has all of these events, or when one of them has made no progress for a minute: the verdict will say what it lacks.
    /// </summary>
    /// <param name="events">How many were committed.</param>
    /// <param name="highest">The highest version among them: as far as a reader gets that loses some.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task CatchUpAsync(int events, long highest, CancellationToken cancellationToken);

    /// <summary>Stops the readers and compares what they were given.</summary>
    Task<IReadOnlyList<ReaderVerdict>> StopAsync(IReadOnlyList<CommittedEvent> committed, CancellationToken cancellationToken);
}
