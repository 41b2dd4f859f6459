using Microsoft.Data.Sqlite;

namespace SyncKit.EfStore.Sqlite.Storage;

/// <summary>What a file holds where the event log should be.</summary>
internal sealed class FileShape
{
    // A reader takes the bytes of a text as they stand.
    private const string Utf8 = "UTF-8";

    private string _encoding = "";
    private List<Column> _columns = [];
    private bool _idIsUnique;

    /// <summary>The CREATE statement; null where there is no table or view of the name.</summary>
    internal string? Table { get; private init; }

    /// <summary>Whether an index begins with the stream.</summary>
    internal bool HasStreamIndex { get; private set; }

    internal static FileShape Read(SqliteConnection connection)
    {
        var shape = new FileShape
        {
            Table = connection.Rows(
                $"SELECT sql FROM sqlite_schema WHERE name = '{SchemaNames.EventsTable}' COLLATE NOCASE AND type IN ('table', 'view')",
                row => row.IsDBNull(0) ? "" : row.GetString(0)).FirstOrDefault(),
            _encoding = connection.Rows("PRAGMA encoding", row => row.GetString(0)).Single(),
        };
        if (shape.Table is null)
        {
            return shape;
        }

        shape._columns = connection.Rows(
            $"""SELECT name, type, pk, "notnull" AND dflt_value IS NULL AND pk = 0 FROM pragma_table_xinfo('{SchemaNames.EventsTable}')""",
            row => new Column(row.GetString(0), row.GetString(1), row.GetInt32(2), row.GetBoolean(3)));
        var indexes = connection.Rows(
            $"""
            SELECT list."unique" AND NOT list.partial, group_concat(info.name, ',' ORDER BY info.seqno)
            FROM pragma_index_list('{SchemaNames.EventsTable}') AS list, pragma_index_info(list.name) AS info
            GROUP BY list.name
            """,
            row => (IsUnique: row.GetBoolean(0), Columns: row.IsDBNull(1) ? "" : row.GetString(1)));
        shape._idIsUnique = indexes.Exists(index => index is { IsUnique: true, Columns: "id" });
        shape.HasStreamIndex = indexes.Exists(index => index.Columns.Split(',')[0] == "aggregate_id");
        return shape;
    }

    /// <exception cref="EventStoreUnavailableException">The table is there, and cannot be used as it is.</exception>
    internal void ThrowIfOther(string path, bool readOnly)
    {
        List<string> faults = [];
        if (_encoding != Utf8)
        {
            faults.Add($"its text is {_encoding}, not {Utf8}");
        }

        if (Table is not null)
        {
            faults.AddRange(SchemaNames.Columns.Where(name => Find(name) is null).Select(name => $"it has no column '{name}'"));
            if (Find("version") is { } version && !(version.Place == 1 && version.Type.Equals("INTEGER", StringComparison.OrdinalIgnoreCase)))
            {
                faults.Add("its column 'version' is not the INTEGER PRIMARY KEY");
            }

            if (Find("id") is not null && !_idIsUnique)
            {
                faults.Add("its column 'id' is not UNIQUE");
            }

            if (!readOnly)
            {
                faults.AddRange(_columns.Where(column => column.MustBeGiven && !SchemaNames.Columns.Contains(column.Name, StringComparer.Ordinal))
                    .Select(column => $"its column '{InputRules.Shorten(column.Name)}' is NOT NULL and has no default"));
            }
        }

        if (faults.Count > 0)
        {
            throw SqliteErrors.OtherShape(path, faults);
        }

        if (!readOnly && Table?.Contains("AUTOINCREMENT", StringComparison.OrdinalIgnoreCase) == false)
        {
            throw SqliteErrors.VersionsReused(path);
        }
    }

    private Column? Find(string name) => _columns.Find(column => column.Name == name);

    /// <param name="Name">Its name.</param>
    /// <param name="Type">As declared.</param>
    /// <param name="Place">In the primary key, from 1; 0 where it is not part of it.</param>
    /// <param name="MustBeGiven">An INSERT without it fails.</param>
    private sealed record Column(string Name, string Type, int Place, bool MustBeGiven);
}
