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

    /// <summary>The columns this library reads and writes; any others are left alone.</summary>
    internal static readonly string[] Columns = ["version", "id", "aggregate_id", "event_type", "data", "metadata", "created_at"];
}
