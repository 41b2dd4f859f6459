using Microsoft.Data.Sqlite;
using SyncKit.EfStore.Sqlite.Storage;

namespace SyncKit.EfStore.Sqlite.Appending;

/// <summary>Inserts events, one at a time, by one prepared statement.</summary>
/// <param name="connection">Within a transaction that writes.</param>
/// <param name="now">The time of those that bring none.</param>
internal sealed class InsertStatement(SqliteConnection connection, DateTimeOffset now) : IDisposable
{
    private readonly SqliteCommand _command = connection.Command(
        $"""
        INSERT INTO {SchemaNames.EventsTable} (id, aggregate_id, event_type, data, metadata, created_at)
        VALUES ($id, $aggregate_id, $event_type, $data, $metadata, $created_at)
        RETURNING version
        """);

    /// <returns>The version drawn for it.</returns>
    internal long Execute(EventData given)
    {
        _command.Parameters.Clear();
        Add("$id", given.Id);
        Add("$aggregate_id", given.AggregateId);
        Add("$event_type", given.EventType);
        Add("$data", given.Data?.ToString());
        Add("$metadata", given.Metadata?.ToString());
        Add("$created_at", FileTime.Format(given.CreatedAt ?? now));
        return (long)_command.ExecuteScalar()!;
    }

    public void Dispose() => _command.Dispose();

    private void Add(string name, string? value) => _command.Parameters.AddWithValue(name, (object?)value ?? DBNull.Value);
}
