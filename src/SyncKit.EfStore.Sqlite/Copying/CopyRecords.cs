using Microsoft.Data.Sqlite;
using SyncKit.EfStore.Sqlite.Storage;

namespace SyncKit.EfStore.Sqlite.Copying;

/// <summary>What a file knows of the copies into it. Within a transaction of the caller's.</summary>
internal static class CopyRecords
{
    internal static IReadOnlyList<EventCopyRecord> Find(SqliteConnection connection, string source)
    {
        if (connection.Rows($"SELECT 1 FROM sqlite_schema WHERE name = '{SchemaNames.CopiesTable}'", row => row.GetInt32(0)).Count == 0)
        {
            return [];
        }

        using var command = connection.Command(
            $"""
            SELECT copy_id, position, position_fingerprint, keeps_versions
            FROM {SchemaNames.CopiesTable} WHERE source = $source ORDER BY position DESC, copy_id DESC
            """,
            ("$source", source));
        using var row = command.ExecuteReader();
        var records = new List<EventCopyRecord>();
        while (row.Read())
        {
            records.Add(new EventCopyRecord(row.GetInt64(0), source, new EventVersion(row.GetInt64(1)), row.GetString(2), row.GetBoolean(3)));
        }

        return records;
    }

    /// <summary>The run a copy would go on with.</summary>
    internal static VersionRun? LastRun(SqliteConnection connection, long copyId)
    {
        using var command = connection.Command(
            $"""
            SELECT source_version, target_version, events
            FROM {SchemaNames.CopyRunsTable} WHERE copy_id = $copy_id ORDER BY source_version DESC LIMIT 1
            """,
            ("$copy_id", copyId));
        using var row = command.ExecuteReader();
        return row.Read() ? new VersionRun(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2)) : null;
    }

    /// <summary>Moves a record on from where it was, or makes it.</summary>
    /// <returns>The record as it is now; null where it was not where it was last seen.</returns>
    internal static EventCopyRecord? Move(SqliteConnection connection, EventCopyStart start, EventCopyRecord? from, SourceEvent passed)
    {
        var (position, fingerprint) = (Math.Max(0, passed.Version), passed.Fingerprint());
        using var command = from is null
            ? connection.Command(
                $"""
                INSERT INTO {SchemaNames.CopiesTable} (source, position, position_fingerprint, keeps_versions)
                VALUES ($source, $position, $fingerprint, $keeps) RETURNING copy_id
                """,
                ("$source", start.Source),
                ("$position", position),
                ("$fingerprint", fingerprint),
                ("$keeps", start.KeepVersions))
            : connection.Command(
                $"""
                UPDATE {SchemaNames.CopiesTable}
                SET position = $position, position_fingerprint = $fingerprint, keeps_versions = keeps_versions AND $keeps, updated_at = CURRENT_TIMESTAMP
                WHERE copy_id = $copy_id AND position = $was RETURNING copy_id
                """,
                ("$position", position),
                ("$fingerprint", fingerprint),
                ("$keeps", start.KeepVersions),
                ("$copy_id", from.CopyId),
                ("$was", from.Position.Value));
        return (long?)command.ExecuteScalar() is { } copyId
            ? new EventCopyRecord(copyId, start.Source, new EventVersion(position), fingerprint, start.KeepVersions)
            : null;
    }

    /// <summary>Runs behind those that are recorded; the first may be the last of those, grown.</summary>
    internal static void Write(SqliteConnection connection, long copyId, IEnumerable<VersionRun> runs)
    {
        using var command = connection.Command(
            $"""
            INSERT INTO {SchemaNames.CopyRunsTable} (copy_id, source_version, target_version, events) VALUES ($copy_id, $source, $target, $events)
            ON CONFLICT (copy_id, source_version) DO UPDATE SET events = excluded.events
            """,
            ("$copy_id", copyId));
        var source = command.Parameters.Add("$source", SqliteType.Integer);
        var target = command.Parameters.Add("$target", SqliteType.Integer);
        var events = command.Parameters.Add("$events", SqliteType.Integer);
        foreach (var run in runs)
        {
            (source.Value, target.Value, events.Value) = (run.Source, run.Target, run.Events);
            command.ExecuteNonQuery();
        }
    }
}
