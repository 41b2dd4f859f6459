using Npgsql;

namespace SyncKit.EfStore.Stress.Checking;

/// <summary>An event that the log holds in the end: the truth that readers are measured by.</summary>
internal sealed record CommittedEvent(long Version, string AggregateId, long StreamVersion)
{
    /// <summary>The whole log, by version.</summary>
    internal static async Task<IReadOnlyList<CommittedEvent>> ReadAllAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var committed = new List<CommittedEvent>();
        await using var read = new NpgsqlCommand("SELECT version, aggregate_id, stream_version FROM events ORDER BY version", connection);
        await using var rows = await read.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            committed.Add(new CommittedEvent(rows.GetInt64(0), rows.GetString(1), rows.GetInt64(2)));
        }

        return committed;
    }

    internal static async Task<IReadOnlyList<CommittedEvent>> ReadAllAsync(string connectionString, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        return await ReadAllAsync(connection, cancellationToken);
    }
}
