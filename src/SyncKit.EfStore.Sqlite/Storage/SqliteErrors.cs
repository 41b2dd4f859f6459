using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace SyncKit.EfStore.Sqlite.Storage;

/// <summary>SQLite's result codes → our exceptions, each saying what to do. Never decides by message text.</summary>
internal static class SqliteErrors
{
    /// <summary>Somebody else holds a lock; the same may work in a moment. PROTOCOL: a race for the locks of the WAL.</summary>
    internal static bool IsBusy(int result) => (result & 0xFF) is raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_PROTOCOL;

    internal static bool IsInterrupt(SqliteException error) => error.SqliteErrorCode == raw.SQLITE_INTERRUPT;

    /// <summary>The exception a caller gets for what the driver threw.</summary>
    internal static EventStoreException Translate(SqliteException error, string path, TimeSpan busyTimeout) => error.SqliteErrorCode switch
    {
        var result when IsBusy(result) => Busy(path, busyTimeout, error),
        raw.SQLITE_READONLY => Unavailable(
            UnavailableReason.PermissionDenied,
            path,
            "can only be read: the store has ReadOnly set, or the process may not write the file and its folder. Change that, or set ReadOnly to read.",
            error),
        raw.SQLITE_PERM or raw.SQLITE_AUTH => Unavailable(
            UnavailableReason.PermissionDenied, path, "may not be used by this process. Give it the right to read and write.", error),
        raw.SQLITE_CANTOPEN => Unavailable(
            UnavailableReason.PermissionDenied,
            path,
            "cannot be opened. It must be a file, not a folder, and the process needs the right to read and write it; "
                + "in WAL mode also the files '-wal' and '-shm' beside it, which a reader may have to create.",
            error),
        raw.SQLITE_NOTADB => Unavailable(
            UnavailableReason.ServerError, path, "is not a SQLite database, or an encrypted one. Correct Path.", error),
        raw.SQLITE_CORRUPT => Unavailable(
            UnavailableReason.ServerError,
            path,
            $"is damaged: {error.Message}. Restore a backup, or save what is readable with the '.recover' command of the sqlite3 shell.",
            error),
        raw.SQLITE_FULL => Unavailable(
            UnavailableReason.ServerError,
            path,
            "takes no more: the disk is full, or the highest version there is has been used. Nothing was stored.",
            error),
        raw.SQLITE_IOERR => Unavailable(
            UnavailableReason.ConnectionLost,
            path,
            $"could not be read or written: {error.Message}. An append happened whole or not at all: repeat it with the same event ids.",
            error),
        _ => Unavailable(UnavailableReason.ServerError, path, $"reported {error.SqliteExtendedErrorCode}: {error.Message}.", error),
    };

    internal static EventStoreUnavailableException Busy(string path, TimeSpan busyTimeout, Exception error) => Unavailable(
        UnavailableReason.ConnectionLost,
        path,
        $"stayed locked by another connection or process for {busyTimeout}. Nothing was stored. "
            + "Let the other one commit sooner, or raise BusyTimeout.",
        error);

    internal static EventStoreUnavailableException FileMissing(string path) => Unavailable(
        UnavailableReason.DatabaseMissing,
        path,
        "is not there. Correct Path, or let the store create it: CreateIfMissing, and not ReadOnly.",
        null);

    internal static EventStoreUnavailableException FolderMissing(string path) => Unavailable(
        UnavailableReason.DatabaseMissing, path, "cannot be created: its folder is not there. Correct Path, or create the folder.", null);

    internal static EventStoreUnavailableException TableMissing(string path) => Unavailable(
        UnavailableReason.SchemaMissing,
        path,
        $"has no table '{SchemaNames.EventsTable}'. Correct Path, or let the store create it: CreateIfMissing, and not ReadOnly.",
        null);

    internal static EventStoreUnavailableException OtherShape(string path, IEnumerable<string> faults) => Unavailable(
        UnavailableReason.SchemaOutdated,
        path,
        $"has a table '{SchemaNames.EventsTable}' that is not an event log of go-sync-kit: {string.Join("; ", faults)}. Correct Path.",
        null);

    internal static EventStoreUnavailableException VersionsReused(string path) => Unavailable(
        UnavailableReason.OrderUnsafe,
        path,
        $"has a table '{SchemaNames.EventsTable}' whose version is not AUTOINCREMENT: a version could name two events. "
            + "Copy the rows into a table that has it, or open the file with ReadOnly.",
        null);

    private static EventStoreUnavailableException Unavailable(UnavailableReason reason, string path, string what, Exception? error) =>
        new(reason, $"The SQLite file '{path}' {what}", error);
}
