using System.Text.Json;
using Microsoft.Data.Sqlite;
using SyncKit.EfStore.Sqlite.Storage;

namespace SyncKit.EfStore.Sqlite.Appending;

/// <summary>Looks up what the log holds under the ids of an append.</summary>
internal static class StoredEvents
{
    // One statement, however many there are.
    private const string Sql = $"""
        SELECT given.key, e.version, e.aggregate_id, e.event_type, e.data, e.metadata
        FROM json_each($ids) AS given
        JOIN {SchemaNames.EventsTable} AS e ON e.id = given.value
        """;

    /// <returns>One for each event, in their order; null where none of them is stored.</returns>
    internal static StoredMatch[]? Find(SqliteConnection connection, IReadOnlyList<EventData> events)
    {
        using var command = connection.Command(Sql, ("$ids", JsonSerializer.Serialize(events.Select(e => e.Id))));
        using var row = command.ExecuteReader();
        StoredMatch[]? matches = null;
        while (row.Read())
        {
            var place = row.GetInt32(0);
            matches ??= new StoredMatch[events.Count];
            matches[place] = new StoredMatch(IsStored: true, row.GetInt64(1), IsSame(row, events[place]));
        }

        return matches;
    }

    private static bool IsSame(SqliteDataReader row, EventData given) =>
        row.GetString(2) == given.AggregateId
        && row.GetString(3) == given.EventType
        && SameJson.IsSame(row.Json(4), given.Data)
        && SameJson.IsSameMetadata(row.Json(5), given.Metadata);
}
