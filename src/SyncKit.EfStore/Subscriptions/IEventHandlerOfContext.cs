using System.Diagnostics.CodeAnalysis;
using Microsoft.EntityFrameworkCore;

namespace SyncKit.EfStore;

/// <summary>
/// A handler whose writes and the checkpoint are one transaction of the application's context: exactly once in effect. Resolved from the
/// container in a scope of its own for each batch and each attempt.
/// </summary>
/// <typeparam name="TContext">The application's context, on the database of the store.</typeparam>
[SuppressMessage("Naming", "CA1711", Justification = "It handles events of the log; no delegate could be taken for it.")]
public interface IEventHandler<in TContext>
    where TContext : DbContext
{
    /// <summary>Handles one event of a batch. Called in version order, one at a time.</summary>
    /// <param name="stored">The event. After a failure it comes again, and nothing of the earlier attempt is in the database.</param>
    /// <param name="db">
    /// The batch's context, in a transaction already. <c>SaveChanges</c> is called at the end of the batch; call it before where a query must
    /// see what was added. Do not begin, commit or roll back a transaction, and do not leave this one idle for longer than the lease.
    /// </param>
    /// <param name="cancellationToken">Cancelled when the host stops, or when this instance lost its lease to another.</param>
    Task HandleAsync(StoredEvent stored, TContext db, CancellationToken cancellationToken);
}
