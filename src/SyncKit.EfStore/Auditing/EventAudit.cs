using System.Runtime.CompilerServices;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Auditing;

/// <summary>Reads the audit by pages, so that no connection is held while a caller thinks.</summary>
internal sealed class EventAudit(EventStoreConnections connections) : IEventAudit
{
    private const long PageSize = 200;

    public IAsyncEnumerable<AuditEntry> ReadAsync(AuditQuery? query = null, CancellationToken cancellationToken = default)
    {
        query ??= new AuditQuery();
        if (query.AggregateId is { } aggregateId)
        {
            InputRules.Lookup(aggregateId, "aggregate_id");
        }

        if (query.Operation is { } operation && !Enum.IsDefined(operation))
        {
            throw new InvalidInputException("operation", "must be one of AuditOperation", $"it is {(int)operation}");
        }

        return query.Limit is < 1
            ? throw new InvalidInputException("limit", "must be 1 or more", $"it is {query.Limit}")
            : PagesAsync(query, cancellationToken);
    }

    private async IAsyncEnumerable<AuditEntry> PagesAsync(AuditQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long? behind = null;
        for (var left = query.Limit ?? long.MaxValue; left > 0;)
        {
            var size = Math.Min(left, PageSize);
            var page = await connections.TranslateAsync(() => PageAsync(query, behind, size, cancellationToken)).ConfigureAwait(false);
            foreach (var entry in page)
            {
                yield return entry;
            }

            if (page.Count < size)
            {
                yield break;
            }

            left -= page.Count;
            behind = page[^1].AuditId;
        }
    }

    private async Task<List<AuditEntry>> PageAsync(AuditQuery query, long? behind, long size, CancellationToken cancellationToken)
    {
        await using var connection = await connections.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var command = AuditStatement.Create(connection, query, behind, size);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var page = new List<AuditEntry>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            page.Add(AuditStatement.Read(reader));
        }

        return page;
    }
}
