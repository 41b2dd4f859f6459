using Microsoft.Data.Sqlite;

namespace SyncKit.EfStore.Sqlite.Storage;

/// <summary>Reads columns as they stand.</summary>
internal static class Rows
{
    /// <summary>
    /// The bytes of a document; null for NULL. Not checked: what another program stored that is no JSON is shown as it is, and does not stop a reader.
    /// </summary>
    internal static EventJson? Json(this SqliteDataReader row, int ordinal) =>
        row.IsDBNull(ordinal) ? null : EventJson.Trusted(row.GetFieldValue<byte[]>(ordinal));
}
