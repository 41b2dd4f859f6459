using System.Runtime.CompilerServices;
using Npgsql;
using SyncKit.EfStore.Diagnostics;
using SyncKit.EfStore.Ordering;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Reading;

/// <summary>
/// Reads the log in pages, two at most at a time. A page ends at so many events or bytes, and its connection goes back once it is read:
/// memory stays constant, and a caller who takes his time holds up neither a connection nor vacuum.
/// </summary>
internal sealed class EventReader(
    EventStoreConnections connections,
    SettledMark settled,
    EventStoreTracing tracing,
    EventStoreMetrics metrics,
    TimeProvider time,
    Func<int> pageSize)
{
    private const long MaxPageBytes = 4 * 1024 * 1024;

    /// <summary>A read that a caller asked for, with its span.</summary>
    internal IAsyncEnumerable<StoredEvent> LoadAsync(EventQuery query, CancellationToken cancellationToken) =>
        ReadAsync(query, traced: true, cancellationToken);

    /// <summary>A read on behalf of something that has a span of its own, or needs none.</summary>
    internal IAsyncEnumerable<StoredEvent> ReadAsync(EventQuery query, CancellationToken cancellationToken) =>
        ReadAsync(query, traced: false, cancellationToken);

    private async IAsyncEnumerable<StoredEvent> ReadAsync(
        EventQuery query, bool traced, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var span = traced ? tracing.StartLoad(query.AggregateId) : null;
        var statement = new PageStatement(query);

        // Backwards, and within one stream, no event can appear out of order: nothing needs to settle.
        if (query is { Direction: ReadDirection.Forwards, AggregateId: null, IncludeUnsettled: false })
        {
            statement.CapAt(await connections.TranslateAsync(() => settled.AdvanceAsync(query.After.Value, cancellationToken)).ConfigureAwait(false));
        }

        await foreach (var stored in ReadPagesAsync(statement, query.Limit ?? long.MaxValue, cancellationToken).ConfigureAwait(false))
        {
            yield return stored;
        }
    }

    /// <summary>The events of these versions, by version; versions that are not there are left out.</summary>
    internal IAsyncEnumerable<StoredEvent> ReadVersionsAsync(long[] versions, CancellationToken cancellationToken) =>
        ReadPagesAsync(PageStatement.OfVersions(versions), long.MaxValue, cancellationToken);

    /// <summary>The highest settled version.</summary>
    internal async Task<EventVersion> LatestAsync(CancellationToken cancellationToken) =>
        new(await connections.TranslateAsync(() => settled.AdvanceAsync(cancellationToken)).ConfigureAwait(false));

    private async IAsyncEnumerable<StoredEvent> ReadPagesAsync(
        PageStatement statement, long limit, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A page cut short by its bytes leaves rows on the wire that are read and dropped: the next ones ask for about as many as fitted.
        var fitting = pageSize();
        using var abandoned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<Page>? ahead = null;
        try
        {
            for (var left = limit; left > 0;)
            {
                var isFirst = ahead is null;
                var page = await (ahead ?? FetchAsync(left)).ConfigureAwait(false);
                ahead = null;
                left -= page.Events.Count;
                if (!page.IsLast)
                {
                    statement.ContinueAfter(page.Events[^1]);
                    fitting = page.IsCut ? page.Events.Count : (int)Math.Min(fitting * 2L, pageSize());
                }

                // Whoever came back for a second page gets the next one while he is busy with this one.
                if (!page.IsLast && left > 0 && !isFirst)
                {
                    ahead = FetchAsync(left);
                }

                foreach (var stored in page.Events)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return stored;
                }

                if (page.IsLast)
                {
                    yield break;
                }

                ahead ??= left > 0 ? FetchAsync(left) : null;
            }
        }
        finally
        {
            if (ahead is not null)
            {
                await abandoned.CancelAsync().ConfigureAwait(false);
                await ((Task)ahead).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        Task<Page> FetchAsync(long left) =>
            connections.TranslateAsync(() => TimePageAsync(statement, (int)Math.Min(left, fitting), abandoned.Token));
    }

    private async Task<Page> TimePageAsync(PageStatement statement, int rows, CancellationToken cancellationToken)
    {
        if (!metrics.TimesReads)
        {
            return await ReadPageAsync(statement, rows, cancellationToken).ConfigureAwait(false);
        }

        var begun = time.GetTimestamp();
        try
        {
            var page = await ReadPageAsync(statement, rows, cancellationToken).ConfigureAwait(false);
            metrics.PageRead(time.GetElapsedTime(begun), error: null);
            return page;
        }
        catch (Exception error)
        {
            metrics.PageRead(time.GetElapsedTime(begun), error);
            throw;
        }
    }

    private async Task<Page> ReadPageAsync(
        PageStatement statement, int rows, CancellationToken cancellationToken)
    {
        var events = new List<StoredEvent>();
        var bytes = 0L;

        // What is settled must be read in a snapshot taken after it was: that of a caller's own transaction may be older.
        await using var connection = statement.IsCapped
            ? await connections.OpenUnenlistedAsync(cancellationToken).ConfigureAwait(false)
            : await connections.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var batch = statement.For(connection, rows);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var stored = Read(reader);
            events.Add(stored);
            bytes += (stored.Data?.Utf8.Length ?? 0) + (stored.Metadata?.Utf8.Length ?? 0);
            if (bytes > MaxPageBytes)
            {
                return new Page(events, IsLast: false, IsCut: true);
            }
        }

        return new Page(events, IsLast: events.Count < rows, IsCut: false);
    }

    private static StoredEvent Read(NpgsqlDataReader reader) => new(
        new EventVersion(reader.GetInt64(0)),
        reader.GetInt64(1),
        reader.GetString(2),
        reader.GetString(3),
        reader.GetString(4),
        reader.IsDBNull(5) ? null : EventJson.Trusted(reader.GetFieldValue<byte[]>(5)),
        reader.IsDBNull(6) ? null : EventJson.Trusted(reader.GetFieldValue<byte[]>(6)),
        Timestamps.Read(reader, 7));

    private sealed record Page(List<StoredEvent> Events, bool IsLast, bool IsCut);
}
