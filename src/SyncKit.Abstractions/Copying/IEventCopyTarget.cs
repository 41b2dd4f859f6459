namespace SyncKit;

/// <summary>
/// A log as the target of copies. It keeps a record of each copy beside its events: of which log, how far it got, and which version each event got.
/// Safe for any number of threads.
/// </summary>
/// <remarks>
/// Every method throws <see cref="EventStoreUnavailableException"/> when the log cannot be used and <see cref="OperationCanceledException"/>
/// when cancelled.
/// </remarks>
public interface IEventCopyTarget
{
    /// <summary>What one batch may hold.</summary>
    EventCopyLimits Limits { get; }

    /// <summary>The records of copies of a log, the furthest first. None where the target is still to be created.</summary>
    /// <param name="source">The <see cref="SourceEvent.Fingerprint"/> of the log's first event.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<IReadOnlyList<EventCopyRecord>> FindCopiesAsync(string source, CancellationToken cancellationToken = default);

    /// <summary>Tells what writing a batch would come to, and writes nothing. A target that is still to be created is taken for an empty one.</summary>
    /// <param name="events">Checked events, within <see cref="Limits"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<EventCopyOutcome> TryAsync(IReadOnlyList<SourceEvent> events, CancellationToken cancellationToken = default);

    /// <summary>Begins a copy, or goes on with one.</summary>
    /// <param name="start">Of what, from where, and how.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="EventCopyException">Versions are to be kept, and the log holds other events.</exception>
    Task<IEventCopyWriter> BeginAsync(EventCopyStart start, CancellationToken cancellationToken = default);
}
