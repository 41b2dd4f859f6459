using Microsoft.Data.Sqlite;
using SQLitePCL;
using SyncKit.EfStore.Sqlite.Storage;

namespace SyncKit.EfStore.Sqlite.Appending;

/// <summary>Inserts events, one at a time, by one prepared statement.</summary>
internal sealed class InsertStatement : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly DateTimeOffset _now;
    private readonly SqliteCommand _command;
    private readonly SqliteParameter _id;
    private readonly SqliteParameter _aggregateId;
    private readonly SqliteParameter _eventType;
    private readonly SqliteParameter _data;
    private readonly SqliteParameter _metadata;
    private readonly SqliteParameter _createdAt;

    /// <param name="connection">Within a transaction that writes.</param>
    /// <param name="now">The time of those that bring none.</param>
    internal InsertStatement(SqliteConnection connection, DateTimeOffset now)
    {
        (_connection, _now) = (connection, now);
        _command = connection.Command(
            $"""
            INSERT INTO {SchemaNames.EventsTable} (id, aggregate_id, event_type, data, metadata, created_at)
            VALUES ($id, $aggregate_id, $event_type, $data, $metadata, $created_at)
            """);
        _id = Add("$id");
        _aggregateId = Add("$aggregate_id");
        _eventType = Add("$event_type");
        _data = Add("$data");
        _metadata = Add("$metadata");
        _createdAt = Add("$created_at");

        SqliteParameter Add(string name) => _command.Parameters.Add(name, SqliteType.Text);
    }

    /// <returns>The version drawn for it.</returns>
    internal long Execute(EventData given)
    {
        _id.Value = given.Id;
        _aggregateId.Value = given.AggregateId;
        _eventType.Value = given.EventType;
        _data.Value = (object?)given.Data?.ToString() ?? DBNull.Value;
        _metadata.Value = (object?)given.Metadata?.ToString() ?? DBNull.Value;
        _createdAt.Value = FileTime.Format(given.CreatedAt ?? _now);
        _command.ExecuteNonQuery();
        return raw.sqlite3_last_insert_rowid(_connection.Handle);
    }

    public void Dispose() => _command.Dispose();
}
