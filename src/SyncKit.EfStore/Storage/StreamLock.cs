namespace SyncKit.EfStore.Storage;

/// <summary>
/// The key of the advisory lock that everyone takes who gives events their places in a stream; <c>assign_event_stream_version</c> spells it too.
/// The table's oid sets logs of one database apart.
/// </summary>
internal static class StreamLock
{
    /// <summary>Over a column <c>aggregate_id</c>.</summary>
    internal const string KeyOfColumn = $"hashtextextended(aggregate_id, {OwnTable}::regclass::oid::bigint)";

    /// <summary>Over $1.</summary>
    internal const string KeyOfFirstParameter = $"hashtextextended($1, {OwnTable}::regclass::oid::bigint)";

    /// <summary>Over a column <c>aggregate_id</c>, where $2 names the table.</summary>
    internal const string KeyOfColumnInNamedTable = "hashtextextended(aggregate_id, $2::text::regclass::oid::bigint)";

    private const string OwnTable = $"'{SchemaNames.EventsTable}'";
}
