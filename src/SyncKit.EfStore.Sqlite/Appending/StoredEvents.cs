using Microsoft.Data.Sqlite;
using SyncKit.EfStore.Sqlite.Storage;

namespace SyncKit.EfStore.Sqlite.Appending;

/// <summary>Looks up what the log holds under the ids of an append.</summary>
internal static class StoredEvents
{
    private const string Sql = $"SELECT version, aggregate_id, event_type, data, metadata FROM {SchemaNames.EventsTable} WHERE id = $id";

    /// <returns>One for each event, in their order.</returns>
    internal static List<StoredMatch> Find(SqliteConnection connection, IReadOnlyList<EventData> events)
    {
        using var command = connection.Command(Sql);
        var id = command.Parameters.Add("$id", SqliteType.Text);
        var matches = new List<StoredMatch>(events.Count);
        foreach (var given in events)
        {
            id.Value = given.Id;
            using var row = command.ExecuteReader();
            matches.Add(row.Read() ? new StoredMatch(IsStored: true, row.GetInt64(0), IsSame(row, given)) : default);
        }

        return matches;
    }

    private static bool IsSame(SqliteDataReader row, EventData given) =>
        row.GetString(1) == given.AggregateId
        && row.GetString(2) == given.EventType
        && SameJson.IsSame(row.Json(3), given.Data)
        && SameJson.IsSameMetadata(row.Json(4), given.Metadata);
}
