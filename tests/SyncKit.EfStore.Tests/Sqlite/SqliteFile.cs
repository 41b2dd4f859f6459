using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;
using SyncKit.EfStore.Sqlite;
using SyncKit.EfStore.Tests.Testing;

namespace SyncKit.EfStore.Tests.Sqlite;

/// <summary>A file that goes with its test, and raw SQL on it, as another program would use it.</summary>
internal sealed class SqliteFile : IDisposable
{
    /// <summary>What go-sync-kit runs at each start.</summary>
    internal const string GoSql = """
        CREATE TABLE IF NOT EXISTS events (
            version         INTEGER PRIMARY KEY AUTOINCREMENT,
            id              TEXT NOT NULL UNIQUE,
            aggregate_id    TEXT NOT NULL,
            event_type      TEXT NOT NULL,
            data            TEXT,
            metadata        TEXT,
            created_at      TIMESTAMP DEFAULT CURRENT_TIMESTAMP
        );
        CREATE INDEX IF NOT EXISTS idx_aggregate_id ON events (aggregate_id);
        CREATE INDEX IF NOT EXISTS idx_version ON events (version);
        CREATE INDEX IF NOT EXISTS idx_created_at ON events (created_at);
        """;

    /// <summary>What its vector cursors add.</summary>
    internal const string OriginSql = """
        ALTER TABLE events ADD COLUMN origin_node TEXT;
        ALTER TABLE events ADD COLUMN origin_counter INTEGER;
        CREATE INDEX IF NOT EXISTS idx_origin ON events(origin_node, origin_counter);
        """;

    private readonly TemporaryFolder _folder = new();

    internal SqliteFile(string? sql = null, bool wal = true)
    {
        if (sql is not null)
        {
            using var connection = Connect();
            Run(connection, wal ? "PRAGMA journal_mode = WAL" : "PRAGMA journal_mode = DELETE");
            Run(connection, sql);
        }
    }

    internal string Folder => _folder.Path;

    internal string Path => System.IO.Path.Combine(_folder.Path, "events.db");

    internal SqliteEventStore Open(Action<SqliteEventStoreOptions>? configure = null)
    {
        var options = new SqliteEventStoreOptions { Path = Path };
        configure?.Invoke(options);
        return new SqliteEventStore(options);
    }

    /// <summary>A connection of another program.</summary>
    internal SqliteConnection Connect(string? path = null)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path ?? Path, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    internal void Run(string sql)
    {
        using var connection = Connect();
        Run(connection, sql);
    }

    [SuppressMessage("Security", "CA2100", Justification = "The tests' own text.")]
    internal static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>The rows of a query as text, values separated by <c>|</c>, NULL as <c>NULL</c>.</summary>
    [SuppressMessage("Security", "CA2100", Justification = "The tests' own text.")]
    internal List<string> Rows(string sql)
    {
        using var connection = Connect();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
        {
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? "NULL" : reader.GetString(i))));
        }

        return rows;
    }

    public void Dispose() => _folder.Dispose();
}
