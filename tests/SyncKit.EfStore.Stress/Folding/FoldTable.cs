using Npgsql;

namespace SyncKit.EfStore.Stress.Folding;

/// <summary>
/// The effect by which handlers are judged, the table <c>fold</c>: for each stream the number of its events, and the sum of <c>number</c> in
/// their data, an event without one counting 0. Lost, doubled or half done, it differs from the same fold over the log.
/// </summary>
internal static class FoldTable
{
    private const string CreateSql = "CREATE TABLE fold (aggregate_id text PRIMARY KEY, events bigint NOT NULL, total bigint NOT NULL)";

    private const string CompareSql =
        """
        WITH log AS (
            SELECT aggregate_id, count(*) AS events, sum(coalesce((data ->> 'number')::bigint, 0))::bigint AS total FROM events GROUP BY aggregate_id
        )
        SELECT
            (SELECT count(*) FROM log FULL JOIN fold USING (aggregate_id)
             WHERE (log.events, log.total) IS DISTINCT FROM (fold.events, fold.total)),
            (SELECT count(*) FROM events),
            (SELECT coalesce(max(version), 0) FROM events)
        """;

    internal static async Task CreateAsync(string connectionString, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(connectionString, cancellationToken);
        await using var create = new NpgsqlCommand(CreateSql, connection);
        await create.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>How many streams differ, and how many events the log has, up to which version.</summary>
    internal static async Task<(long Differences, long Events, long Last)> CompareAsync(
        string connectionString, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(connectionString, cancellationToken);
        await using var compare = new NpgsqlCommand(CompareSql, connection);
        await using var row = await compare.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2));
    }

    private static async Task<NpgsqlConnection> OpenAsync(string connectionString, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        return connection;
    }
}
