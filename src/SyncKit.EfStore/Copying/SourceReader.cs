using System.Runtime.CompilerServices;
using Npgsql;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Copying;

/// <summary>
/// Reads the settled log for a copy: everything as it stands, times no date of .NET can hold and versions below 1 included. In pages, the next one
/// on its way while the caller is busy with one.
/// </summary>
internal sealed class SourceReader(EventStoreConnections connections)
{
    private const int PageEvents = 5_000;

    // Looked up by their ids: so few that large documents fit in memory.
    private const int FoundAtOnce = 100;

    // On the wire, a time is the microseconds since 2000.
    private static readonly long Epoch = new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;
    private static readonly long FirstMicrosecond = -Epoch / TimeSpan.TicksPerMicrosecond;
    private static readonly long LastMicrosecond = (DateTime.MaxValue.Ticks - Epoch) / TimeSpan.TicksPerMicrosecond;

    private const string CountSql = $"SELECT count(*) FROM {SchemaNames.EventsTable} WHERE version >= $1 AND version <= $2";

    private const string RowsSql = $"""
        SELECT e.version, e.id, e.aggregate_id, e.event_type, e.data, e.metadata, e.created_at, o.origin_node, o.origin_counter
        FROM {SchemaNames.EventsTable} AS e
        LEFT JOIN {SchemaNames.OriginsTable} AS o ON o.version = e.version
        """;

    private const string FindSql = $"{RowsSql} WHERE e.id = ANY ($1)";

    private const string PageSql = $"""
        {RowsSql}
        WHERE e.version >= $1 AND e.version <= $2
        ORDER BY e.version
        LIMIT $3
        """;

    internal Task<long> CountAsync(EventVersion after, EventVersion upTo, CancellationToken cancellationToken) => connections.TranslateAsync(async () =>
    {
        await using var connection = await connections.OpenUnenlistedAsync(cancellationToken).ConfigureAwait(false);
        await using var command = Sql.Command(connection, CountSql, Sql.Bigint(SourcePages.First(after)), Sql.Bigint(upTo.Value));
        return (long)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
    });

    internal IAsyncEnumerable<SourceEvent> ReadAsync(EventVersion after, EventVersion upTo, CancellationToken cancellationToken) => SourcePages.ReadAsync(
        after,
        (from, last, token) =>
        {
            // What a page cut short by its bytes leaves on the wire is read and dropped: the next one asks for about what fitted.
            var rows = last is null ? PageEvents : last.IsCut ? last.Events.Count : Math.Min(last.Asked * 2, PageEvents);
            return connections.TranslateAsync(() => ReadPageAsync(from, upTo.Value, rows, token));
        },
        cancellationToken);

    internal async IAsyncEnumerable<SourceEvent> FindAsync(IReadOnlyList<string> ids, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var part in ids.Chunk(FoundAtOnce))
        {
            foreach (var one in await connections.TranslateAsync(() => FindPartAsync(part, cancellationToken)).ConfigureAwait(false))
            {
                yield return one;
            }
        }
    }

    private async Task<List<SourceEvent>> FindPartAsync(string[] ids, CancellationToken cancellationToken)
    {
        await using var connection = await connections.OpenUnenlistedAsync(cancellationToken).ConfigureAwait(false);
        await using var batch = connection.CreateBatch();
        batch.BatchCommands.Add(PlannerCare.Command());
        batch.BatchCommands.Add(Sql.Command(FindSql, Sql.Texts(ids)));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        var events = new List<SourceEvent>(ids.Length);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            events.Add(ReadRow(reader));
        }

        return events;
    }

    private async Task<SourcePage> ReadPageAsync(long from, long upTo, int rows, CancellationToken cancellationToken)
    {
        // What is settled must be read in a snapshot taken after it was: that of a caller's own transaction may be older.
        await using var connection = await connections.OpenUnenlistedAsync(cancellationToken).ConfigureAwait(false);
        await using var batch = connection.CreateBatch();
        batch.BatchCommands.Add(PlannerCare.Command());
        batch.BatchCommands.Add(Sql.Command(PageSql, Sql.Bigint(from), Sql.Bigint(upTo), Sql.Bigint(rows)));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        var events = new List<SourceEvent>();
        for (var bytes = 0L; await reader.ReadAsync(cancellationToken).ConfigureAwait(false);)
        {
            var one = ReadRow(reader);
            events.Add(one);
            bytes += one.JsonBytes;
            if (bytes > SourcePages.MaxBytes)
            {
                return new SourcePage(events, IsLast: false, rows, IsCut: true);
            }
        }

        return new SourcePage(events, IsLast: events.Count < rows, rows, IsCut: false);
    }

    private static SourceEvent ReadRow(NpgsqlDataReader row)
    {
        long? microseconds = row.IsDBNull(6) ? null : row.GetFieldValue<long>(6);
        var isTime = microseconds is null || (microseconds >= FirstMicrosecond && microseconds <= LastMicrosecond);
        return new SourceEvent(
            row.GetInt64(0),
            row.GetString(1),
            row.GetString(2),
            row.GetString(3),
            row.IsDBNull(4) ? null : EventJson.Trusted(row.GetFieldValue<byte[]>(4)),
            row.IsDBNull(5) ? null : EventJson.Trusted(row.GetFieldValue<byte[]>(5)),
            isTime && microseconds is { } at ? new DateTimeOffset(Epoch + (at * TimeSpan.TicksPerMicrosecond), TimeSpan.Zero) : null)
        {
            OriginNode = row.IsDBNull(7) ? null : row.GetString(7),
            OriginCounter = row.IsDBNull(8) ? null : row.GetInt64(8),
            Fault = isTime ? null : "The created_at must be NULL or a date and time from year 1 to 9999; it is not.",
        };
    }
}
