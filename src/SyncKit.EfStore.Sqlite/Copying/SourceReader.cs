using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;
using Microsoft.Data.Sqlite;
using SQLitePCL;
using SyncKit.EfStore.Sqlite.Storage;

namespace SyncKit.EfStore.Sqlite.Copying;

/// <summary>
/// Reads the log for a copy: byte by byte as it stands, past the driver, which ends a text at NUL and replaces what is no UTF-8. In pages, each in
/// a snapshot of its own: a transaction held open for a whole copy would keep the writers' log from being folded back.
/// </summary>
internal sealed class SourceReader(EventFile file)
{
    private const int PageEvents = 5_000;

    private const string OriginsSql =
        $"SELECT count(*) FROM pragma_table_xinfo('{SchemaNames.EventsTable}') WHERE name IN ('{SchemaNames.OriginNode}', '{SchemaNames.OriginCounter}')";

    internal Task<long> CountAsync(EventVersion after, EventVersion upTo, CancellationToken cancellationToken) => file.ReadAsync(
        connection =>
        {
            using var command = connection.Command(
                $"SELECT count(*) FROM {SchemaNames.EventsTable} WHERE version >= $from AND version <= $up_to", ("$from", SourcePages.First(after)), ("$up_to", upTo.Value));
            return (long)command.ExecuteScalar()!;
        },
        cancellationToken);

    internal IAsyncEnumerable<SourceEvent> ReadAsync(EventVersion after, EventVersion upTo, CancellationToken cancellationToken) => SourcePages.ReadAsync(
        after, (from, _, token) => file.ReadAsync(connection => ReadPage(connection, from, upTo.Value), token), cancellationToken);

    /// <summary>Each part in a snapshot of its own, which ends at its end of ids or bytes.</summary>
    internal async IAsyncEnumerable<SourceEvent> FindAsync(IReadOnlyList<string> ids, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var sought = 0; sought < ids.Count;)
        {
            var from = sought;
            var (events, used) = await file.ReadAsync(connection => FindPart(connection, ids, from), cancellationToken).ConfigureAwait(false);
            sought += used;
            foreach (var one in events)
            {
                yield return one;
            }
        }
    }

    private static (List<SourceEvent> Events, int Used) FindPart(SqliteConnection connection, IReadOnlyList<string> ids, int from)
    {
        var hasOrigins = HasOrigins(connection);
        using var command = connection.Command($"{RowsSql(hasOrigins)} WHERE id = $id");
        var id = command.Parameters.Add("$id", SqliteType.Text);
        var (events, used, bytes) = (new List<SourceEvent>(), 0, 0L);
        for (; from + used < ids.Count && bytes <= SourcePages.MaxBytes; used++)
        {
            id.Value = ids[from + used];
            using var rows = command.ExecuteReader();
            if (rows.Read())
            {
                var one = ReadRow(connection, rows, hasOrigins);
                events.Add(one);
                bytes += one.JsonBytes;
            }
        }

        return (events, used);
    }

    private static bool HasOrigins(SqliteConnection connection) => connection.Rows(OriginsSql, row => row.GetInt32(0))[0] == 2;

    private static string RowsSql(bool withOrigins) => $"""
        SELECT version, id, aggregate_id, event_type, data, metadata, created_at{(withOrigins ? $", {SchemaNames.OriginNode}, {SchemaNames.OriginCounter}" : "")}
        FROM {SchemaNames.EventsTable}
        """;

    private static SourcePage ReadPage(SqliteConnection connection, long from, long upTo)
    {
        var hasOrigins = HasOrigins(connection);
        using var command = connection.Command(
            $"""
            {RowsSql(hasOrigins)}
            WHERE version >= $from AND version <= $up_to
            ORDER BY version
            LIMIT $rows
            """,
            ("$from", from),
            ("$up_to", upTo),
            ("$rows", PageEvents));
        using var rows = command.ExecuteReader();
        var events = new List<SourceEvent>();
        for (var bytes = 0L; rows.Read();)
        {
            var one = ReadRow(connection, rows, hasOrigins);
            events.Add(one);
            bytes += one.JsonBytes;
            if (bytes > SourcePages.MaxBytes)
            {
                return new SourcePage(events, IsLast: false, PageEvents, IsCut: true);
            }
        }

        return new SourcePage(events, IsLast: events.Count < PageEvents, PageEvents, IsCut: false);
    }

    private static SourceEvent ReadRow(SqliteConnection connection, SqliteDataReader rows, bool hasOrigins)
    {
        var row = rows.Handle!;
        string? fault = null;
        var version = raw.sqlite3_column_int64(row, 0);
        var id = Text(row, 1, "id", ref fault);
        if (raw.sqlite3_column_type(row, 1) == raw.SQLITE_BLOB && Namesake(connection, id) is { } namesake)
        {
            fault ??= $"The id must be unique; its bytes are those of the id of version {namesake}.";
        }

        return new SourceEvent(
            version,
            id,
            Text(row, 2, "aggregate_id", ref fault),
            Text(row, 3, "event_type", ref fault),
            Json(row, 4),
            Json(row, 5),
            Time(rows, 6, ref fault))
        {
            OriginNode = hasOrigins && !IsNull(row, 7) ? Text(row, 7, SchemaNames.OriginNode, ref fault) : null,
            OriginCounter = hasOrigins ? Counter(row, 8, ref fault) : null,
            Fault = fault,
        };
    }

    private static bool IsNull(sqlite3_stmt row, int column) => raw.sqlite3_column_type(row, column) == raw.SQLITE_NULL;

    private static string Text(sqlite3_stmt row, int column, string name, ref string? fault)
    {
        var bytes = raw.sqlite3_column_blob(row, column);
        if (!Utf8.IsValid(bytes))
        {
            fault ??= $"The {name} must be valid UTF-8; it is not.";
        }

        return Encoding.UTF8.GetString(bytes);
    }

    private static EventJson? Json(sqlite3_stmt row, int column) =>
        IsNull(row, column) ? null : EventJson.Trusted(raw.sqlite3_column_blob(row, column).ToArray());

    private static DateTimeOffset? Time(SqliteDataReader rows, int column, ref string? fault)
    {
        if (IsNull(rows.Handle!, column))
        {
            return null;
        }

        var value = rows.GetValue(column);
        var time = FileTime.Read(value);
        if (time is null)
        {
            fault ??= $"The created_at must be NULL or a date and time from year 1 to 9999; it is '{InputRules.Shorten(value as string ?? $"{value}")}'.";
        }

        return time;
    }

    private static long? Counter(sqlite3_stmt row, int column, ref string? fault)
    {
        switch (raw.sqlite3_column_type(row, column))
        {
            case raw.SQLITE_NULL:
                return null;
            case raw.SQLITE_INTEGER:
                return raw.sqlite3_column_int64(row, column);
            default:
                fault ??= $"The {SchemaNames.OriginCounter} must be NULL or a whole number; it is neither.";
                return null;
        }
    }

    /// <summary>For SQLite a BLOB and a TEXT of the same bytes are two values; for every other store they are one id.</summary>
    private static long? Namesake(SqliteConnection connection, string id)
    {
        using var command = connection.Command($"SELECT version FROM {SchemaNames.EventsTable} WHERE id = $id", ("$id", id));
        return (long?)command.ExecuteScalar();
    }
}
