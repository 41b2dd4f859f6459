using Microsoft.Data.Sqlite;
using SQLitePCL;
using SyncKit.EfStore.Sqlite.Appending;
using SyncKit.EfStore.Sqlite.Storage;

namespace SyncKit.EfStore.Sqlite.Copying;

/// <summary>Stores events with everything they have, and finds those that are stored.</summary>
internal sealed class CopyRows : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _insert;
    private readonly SqliteCommand _find;

    private CopyRows(SqliteConnection connection, bool withOrigins)
    {
        var (columns, values) = withOrigins
            ? ($", {SchemaNames.OriginNode}, {SchemaNames.OriginCounter}", ", $origin_node, $origin_counter")
            : ("", "");
        _connection = connection;
        _insert = connection.Command(
            $"""
            INSERT INTO {SchemaNames.EventsTable} (version, id, aggregate_id, event_type, data, metadata, created_at{columns})
            VALUES ($version, $id, $aggregate_id, $event_type, $data, $metadata, $created_at{values})
            ON CONFLICT (id) DO NOTHING
            """);
        foreach (var name in (string[])["$version", "$id", "$aggregate_id", "$event_type", "$data", "$metadata", "$created_at", "$origin_node", "$origin_counter"])
        {
            if (withOrigins || !name.StartsWith("$origin", StringComparison.Ordinal))
            {
                _insert.Parameters.Add(new SqliteParameter { ParameterName = name });
            }
        }

        _find = Finder(connection);
    }

    /// <summary>For writing: the file gets the columns of origins where an event has one, as go-sync-kit adds them.</summary>
    internal static CopyRows ForWriting(SqliteConnection connection, IReadOnlyList<SourceEvent> events)
    {
        var columns = connection.Rows(
            $"SELECT name FROM pragma_table_xinfo('{SchemaNames.EventsTable}') WHERE name IN ('{SchemaNames.OriginNode}', '{SchemaNames.OriginCounter}')",
            row => row.GetString(0));
        var needed = events.Any(one => one.OriginNode is not null || one.OriginCounter is not null);
        if (needed && !columns.Contains(SchemaNames.OriginNode))
        {
            connection.Execute($"ALTER TABLE {SchemaNames.EventsTable} ADD COLUMN {SchemaNames.OriginNode} TEXT");
        }

        if (needed && !columns.Contains(SchemaNames.OriginCounter))
        {
            connection.Execute($"ALTER TABLE {SchemaNames.EventsTable} ADD COLUMN {SchemaNames.OriginCounter} INTEGER");
        }

        return new CopyRows(connection, needed);
    }

    /// <returns>The version it got; null where its id is stored.</returns>
    internal long? Insert(SourceEvent given, long? version)
    {
        var values = _insert.Parameters;
        values[0].Value = (object?)version ?? DBNull.Value;
        values[1].Value = given.Id;
        values[2].Value = given.AggregateId;
        values[3].Value = given.EventType;
        values[4].Value = (object?)given.Data?.ToString() ?? DBNull.Value;
        values[5].Value = (object?)given.Metadata?.ToString() ?? DBNull.Value;
        values[6].Value = given.CreatedAt is { } at ? FileTime.Format(at) : DBNull.Value;
        if (values.Count > 7)
        {
            values[7].Value = (object?)given.OriginNode ?? DBNull.Value;
            values[8].Value = (object?)given.OriginCounter ?? DBNull.Value;
        }

        return _insert.ExecuteNonQuery() == 0 ? null : raw.sqlite3_last_insert_rowid(_connection.Handle);
    }

    /// <summary>What the log holds under the event's id.</summary>
    internal StoredMatch Find(SourceEvent given) => Find(_find, given);

    internal static StoredMatch Find(SqliteCommand finder, SourceEvent given)
    {
        finder.Parameters[0].Value = given.Id;
        using var row = finder.ExecuteReader();
        return row.Read()
            ? new StoredMatch(
                IsStored: true,
                row.GetInt64(0),
                row.GetString(1) == given.AggregateId
                    && row.GetString(2) == given.EventType
                    && SameJson.IsSame(row.Json(3), given.Data)
                    && SameJson.IsSameMetadata(row.Json(4), given.Metadata))
            : default;
    }

    internal static SqliteCommand Finder(SqliteConnection connection)
    {
        var finder = connection.Command(
            $"SELECT version, aggregate_id, event_type, data, metadata FROM {SchemaNames.EventsTable} WHERE id = $id");
        finder.Parameters.Add("$id", SqliteType.Text);
        return finder;
    }

    public void Dispose()
    {
        _insert.Dispose();
        _find.Dispose();
    }
}
