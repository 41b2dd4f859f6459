using Npgsql;

namespace SyncKit.EfStore.Benchmarks.Contenders;

/// <summary>The barest way through the whole log: one SELECT by version, each column by its typed getter, JSON as bytes.</summary>
internal static class RawRead
{
    internal const string Name = "raw data reader";

    private const string SelectSql =
        "SELECT version, stream_version, id, aggregate_id, event_type, data, metadata, created_at FROM events ORDER BY version";

    /// <returns>How many events came.</returns>
    internal static async Task<int> RunAsync(NpgsqlDataSource pool, CancellationToken cancellationToken)
    {
        await using var command = pool.CreateCommand(SelectSql);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var count = 0;
        while (await reader.ReadAsync(cancellationToken))
        {
            _ = reader.GetInt64(0);
            var streamVersion = reader.GetInt64(1);
            _ = reader.GetString(2);
            _ = reader.GetString(3);
            _ = reader.GetString(4);
            _ = reader.IsDBNull(5) ? null : reader.GetFieldValue<byte[]>(5);
            _ = reader.IsDBNull(6) ? null : reader.GetFieldValue<byte[]>(6);
            _ = reader.IsDBNull(7) ? default : reader.GetFieldValue<DateTimeOffset>(7);
            count += streamVersion > 0 ? 1 : 0;
        }

        return count;
    }
}
