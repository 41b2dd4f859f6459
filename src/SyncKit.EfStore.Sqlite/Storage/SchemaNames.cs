namespace SyncKit.EfStore.Sqlite.Storage;

/// <summary>The only place that spells the table. Its shape is go-sync-kit's, and a contract: nothing is added to it.</summary>
internal static class SchemaNames
{
    internal const string EventsTable = "events";

    // SQLite appends the rowid, which is the version here, to each entry of an index: this one serves (aggregate_id, version).
    internal const string StreamIndexSql = $"CREATE INDEX IF NOT EXISTS idx_aggregate_id ON {EventsTable} (aggregate_id)";

    /// <summary>As go-sync-kit creates it. Of its indexes only the one that is needed; it adds the others when it opens the file.</summary>
    internal const string CreateSql = $"""
        CREATE TABLE IF NOT EXISTS {EventsTable} (
            version INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            aggregate_id TEXT NOT NULL,
            event_type TEXT NOT NULL,
            data TEXT,
            metadata TEXT,
            created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
        );
        {StreamIndexSql}
        """;

    internal const string OriginNode = "origin_node";
    internal const string OriginCounter = "origin_counter";

    internal const string CopiesTable = "event_copies";
    internal const string CopyRunsTable = "event_copy_runs";

    /// <summary>Beside the log, once something is copied into it: how far each copy is, and which version became which. Go services leave them alone.</summary>
    internal const string CreateCopiesSql = $"""
        CREATE TABLE IF NOT EXISTS {CopiesTable} (
            copy_id INTEGER PRIMARY KEY AUTOINCREMENT,
            source TEXT NOT NULL,
            position INTEGER NOT NULL,
            position_fingerprint TEXT NOT NULL,
            keeps_versions INTEGER NOT NULL,
            updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
        );
        CREATE TABLE IF NOT EXISTS {CopyRunsTable} (
            copy_id INTEGER NOT NULL,
            source_version INTEGER NOT NULL,
            target_version INTEGER NOT NULL,
            events INTEGER NOT NULL,
            PRIMARY KEY (copy_id, source_version)
        ) WITHOUT ROWID;
        """;

    /// <summary>The columns this library reads and writes; any others are left alone.</summary>
    internal static readonly string[] Columns = ["version", "id", "aggregate_id", "event_type", "data", "metadata", "created_at"];
}
