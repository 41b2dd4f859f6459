namespace SyncKit.EfStore;

/// <summary>
/// Who changed or erased stored events, as the database itself wrote it down. <c>AddPostgresEventStore</c> makes it a service. Safe for any
/// number of threads.
/// </summary>
public interface IEventAudit
{
    /// <summary>Reads the audit in order, page by page. Needs a role that may: the owner, or one granted SELECT on <c>event_audit</c>.</summary>
    /// <param name="query">Which entries; null for all.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    /// <exception cref="InvalidInputException">The query holds what no entry can.</exception>
    /// <exception cref="EventStoreUnavailableException">The store cannot be used, or the role may not read the audit.</exception>
    IAsyncEnumerable<AuditEntry> ReadAsync(AuditQuery? query = null, CancellationToken cancellationToken = default);
}
