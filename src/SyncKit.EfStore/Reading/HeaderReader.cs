using System.Data;
using System.Runtime.CompilerServices;
using Npgsql;
using NpgsqlTypes;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Reading;

/// <summary>Reads events without their data: what a notification says, from the log itself.</summary>
internal sealed class HeaderReader(EventStoreConnections connections)
{
    private const int PageSize = 5_000;

    // Ranges rather than versions: one gap of a million versions is one row here. LATERAL with a LIMIT of its own, because the planner would
    // otherwise walk the whole log and compare each event with each range.
    private const string Sql = $"""
        SELECT e.version, e.stream_version, e.id, e.aggregate_id, e.event_type, e.created_at
        FROM unnest($1, $2) AS ranges (first, last)
        CROSS JOIN LATERAL (
            SELECT *
            FROM {SchemaNames.EventsTable}
            WHERE version BETWEEN greatest(ranges.first, $3 + 1) AND ranges.last
                AND ($4::text[] IS NULL OR aggregate_id = ANY ($4))
            ORDER BY version
            LIMIT $5
        ) AS e
        WHERE ranges.last > $3
        ORDER BY e.version
        LIMIT $5
        """;

    /// <summary>
    /// The committed events within ranges that do not overlap, by version, in constant memory and one snapshot: with a snapshot for each page,
    /// an event committed between two pages would be missing from the first, and its successor in the stream be on the second.
    /// </summary>
    /// <param name="ranges">Inclusive at both ends.</param>
    /// <param name="streams">Only these; null for all.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    /// <remarks>Keeps a connection and its snapshot until the end, so only for callers that do not take their time.</remarks>
    internal async IAsyncEnumerable<EventNotification> ReadAsync(
        IReadOnlyList<(long First, long Last)> ranges,
        string[]? streams,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var connection = await connections.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var snapshot = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken).ConfigureAwait(false);
        var after = 0L;
        while (true)
        {
            var page = await ReadPageAsync(connection, ranges, after, streams, cancellationToken).ConfigureAwait(false);
            foreach (var header in page)
            {
                yield return header;
            }

            if (page.Count < PageSize)
            {
                yield break;
            }

            after = page[^1].Version.Value;
        }
    }

    /// <summary>Versions known to be committed, in pages between which the caller may take his time.</summary>
    /// <param name="ranges">Inclusive at both ends.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    internal async IAsyncEnumerable<IReadOnlyList<EventNotification>> ReadPagesAsync(
        IReadOnlyList<(long First, long Last)> ranges, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var after = 0L;
        while (true)
        {
            List<EventNotification> page;
            await using (var connection = await connections.OpenAsync(cancellationToken).ConfigureAwait(false))
            {
                page = await ReadPageAsync(connection, ranges, after, null, cancellationToken).ConfigureAwait(false);
            }

            if (page.Count > 0)
            {
                yield return page;
            }

            if (page.Count < PageSize)
            {
                yield break;
            }

            after = page[^1].Version.Value;
        }
    }

    private static async Task<List<EventNotification>> ReadPageAsync(
        NpgsqlConnection connection,
        IReadOnlyList<(long First, long Last)> ranges,
        long after,
        string[]? streams,
        CancellationToken cancellationToken)
    {
        var firsts = ranges.Select(range => range.First).ToArray();
        var lasts = ranges.Select(range => range.Last).ToArray();
        await using var batch = connection.CreateBatch();
        var select = new NpgsqlBatchCommand(Sql);
        select.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = firsts });
        select.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = lasts });
        select.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after });
        select.Parameters.Add(new NpgsqlParameter<string[]?> { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text, TypedValue = streams });
        select.Parameters.Add(new NpgsqlParameter<long> { TypedValue = PageSize });
        batch.BatchCommands.Add(PlannerCare.Command());
        batch.BatchCommands.Add(select);

        var page = new List<EventNotification>();
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            page.Add(new EventNotification(
                new EventVersion(reader.GetInt64(0)),
                reader.GetInt64(1),
                reader.GetString(2),
                reader.GetString(3),
                reader.GetString(4),
                Timestamps.Read(reader, 5)));
        }

        return page;
    }
}
