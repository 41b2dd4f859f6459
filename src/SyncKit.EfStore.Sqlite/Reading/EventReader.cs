using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using SyncKit.EfStore.Sqlite.Storage;

namespace SyncKit.EfStore.Sqlite.Reading;

/// <summary>
/// Reads the log in pages, each in a snapshot of its own and at its end of events or bytes: memory stays constant, and a caller who takes his
/// time holds nothing open that would keep the log of the file from being folded back. Versions only grow, so pages neither miss nor repeat.
/// </summary>
internal sealed class EventReader(EventFile file, int pageSize)
{
    private const long MaxPageBytes = 4 * 1024 * 1024;

    internal async IAsyncEnumerable<StoredEvent> ReadAsync(EventQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var statement = new PageStatement(query);
        var places = new StreamPlaces(query);
        for (var left = query.Limit ?? long.MaxValue; left > 0;)
        {
            var rows = Math.Min(left, pageSize);
            var (events, isLast) = await file.ReadAsync(connection => ReadPage(connection, statement, places, rows), cancellationToken)
                .ConfigureAwait(false);
            foreach (var stored in events)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return stored;
            }

            if (isLast)
            {
                yield break;
            }

            left -= events.Count;
            statement.ContinueAfter(events[^1].Version);
        }
    }

    /// <summary>The highest version. All that is committed is settled: nothing can appear below it.</summary>
    internal async Task<EventVersion> LatestAsync(CancellationToken cancellationToken) => new(await file.ReadAsync(
        static connection => connection.Rows($"SELECT max(version) FROM {SchemaNames.EventsTable}", row => row.IsDBNull(0) ? 0 : Math.Max(0, row.GetInt64(0)))[0],
        cancellationToken).ConfigureAwait(false));

    private static (List<StoredEvent> Events, bool IsLast) ReadPage(
        SqliteConnection connection, PageStatement statement, StreamPlaces places, long rows)
    {
        var events = new List<StoredEvent>();
        var bytes = 0L;
        using var counter = new PlaceCounter(connection);
        using var command = statement.For(connection, rows);
        using var row = command.ExecuteReader();
        while (row.Read())
        {
            var (version, aggregateId) = (row.GetInt64(0), row.GetString(2));
            var stored = new StoredEvent(
                new EventVersion(version),
                places.Of(aggregateId, version, counter.Count),
                row.GetString(1),
                aggregateId,
                row.GetString(3),
                row.Json(4),
                row.Json(5),
                row.IsDBNull(6) ? null : FileTime.Read(row.GetValue(6)));
            events.Add(stored);
            bytes += (stored.Data?.Utf8.Length ?? 0) + (stored.Metadata?.Utf8.Length ?? 0);
            if (bytes > MaxPageBytes)
            {
                return (events, IsLast: false);
            }
        }

        return (events, IsLast: events.Count < rows);
    }
}
