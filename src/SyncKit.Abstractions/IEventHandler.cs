using System.Diagnostics.CodeAnalysis;

namespace SyncKit;

/// <summary>The application's code behind a named subscription. Resolved from the container in a scope of its own for each batch.</summary>
[SuppressMessage("Naming", "CA1711", Justification = "It handles events of the log; no delegate could be taken for it.")]
public interface IEventHandler
{
    /// <summary>Handles one event. Called in version order, in parallel at most for different streams.</summary>
    /// <param name="stored">The event. It comes again where the process ended before its checkpoint was saved: at least once.</param>
    /// <param name="cancellationToken">Cancelled when the host stops, or when this instance lost its lease to another.</param>
    /// <returns>Once the event is handled. What it throws is answered by the subscription's failure policy.</returns>
    Task HandleAsync(StoredEvent stored, CancellationToken cancellationToken);
}
