namespace SyncKit.EfStore.Sqlite;

/// <summary>Which SQLite file holds the events, and how it is used. All faults are reported at once.</summary>
public sealed class SqliteEventStoreOptions
{
    /// <summary>
    /// The file, as go-sync-kit writes it; a relative path counts from the current directory at the time the store is made. Required. Not
    /// <c>:memory:</c> and not a <c>file:</c> URI.
    /// </summary>
    public string Path { get; set; } = "";

    /// <summary>Never write: neither events, nor the table or index where they are missing, nor the journal mode. Default: false.</summary>
    public bool ReadOnly { get; set; }

    /// <summary>
    /// Create the file, or the table in a database without one, at the first use. The folder must be there. Default: true; without it, and with
    /// <see cref="ReadOnly"/>, what is missing is an <see cref="EventStoreUnavailableException"/>.
    /// </summary>
    public bool CreateIfMissing { get; set; } = true;

    /// <summary>
    /// How long to wait for a lock that another connection or process holds, 10 ms to 1 hour (go-sync-kit: <c>_busy_timeout</c>). Default: 30 seconds.
    /// </summary>
    public TimeSpan BusyTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How many events one page of a read holds at most, 1 to 100,000. Default: 1,000.</summary>
    public int BatchSize { get; set; } = 1_000;

    /// <summary>The largest data or metadata document, in bytes of UTF-8, 1,024 to 100,000,000. Default: 16 MiB.</summary>
    public int MaxJsonBytes { get; set; } = EventLimits.DefaultMaxJsonBytes;
}
