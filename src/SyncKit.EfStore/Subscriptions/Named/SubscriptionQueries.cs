using Npgsql;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Subscriptions.Named;

/// <summary>What anyone may ask of a subscription, by its row alone: the instance that runs it may be anywhere.</summary>
internal sealed class SubscriptionQueries(EventStoreConnections connections)
{
    private const string ListSql = $"""
        SELECT name, checkpoint, status, error, CASE WHEN lease_until > clock_timestamp() THEN lease_owner END, updated_at,
            rebuild_from, rebuild_target, clock_timestamp() - rebuild_started_at,
            (SELECT count(*) FROM {SchemaNames.ParkedTable} AS parked WHERE parked.subscription = name),
            coalesce((SELECT version FROM {SchemaNames.EventsTable} ORDER BY version DESC LIMIT 1), 0)
        FROM {SchemaNames.SubscriptionsTable}
        ORDER BY name
        """;

    private const string CheckpointSql = $"""
        SELECT checkpoint, status = 'faulted', error FROM {SchemaNames.SubscriptionsTable} WHERE name = $1
        """;

    private const string PauseSql = $"""
        UPDATE {SchemaNames.SubscriptionsTable}
        SET status = CASE status WHEN 'running' THEN 'paused' ELSE status END, updated_at = clock_timestamp()
        WHERE name = $1
        """;

    private const string ResumeSql = $"""
        UPDATE {SchemaNames.SubscriptionsTable} SET status = 'running', error = NULL, updated_at = clock_timestamp() WHERE name = $1
        """;

    // The new number makes the batch under way fail, wherever it runs; its instance then goes on from the new checkpoint.
    // Deleting nothing locks the table of parked events before the row, which is the order of an erasure (ErrorTexts).
    private const string RebuildSql = $"""
        WITH locked AS (DELETE FROM {SchemaNames.ParkedTable} WHERE false)
        UPDATE {SchemaNames.SubscriptionsTable}
        SET checkpoint = $2, event_id = (SELECT id FROM {SchemaNames.EventsTable} WHERE version = $2),
            fencing_token = fencing_token + 1, status = 'running', error = NULL, rebuild_from = $2,
            rebuild_target = nullif(greatest($2, (SELECT version FROM {SchemaNames.EventsTable} ORDER BY version DESC LIMIT 1)), $2),
            rebuild_started_at = clock_timestamp(), updated_at = clock_timestamp()
        WHERE name = $1
        """;

    private const string ForgetParkedSql = $"DELETE FROM {SchemaNames.ParkedTable} WHERE subscription = $1 AND version > $2";

    private const string ParkedSql = $"""
        SELECT subscription, version, event_id, aggregate_id, event_type, attempts, error, parked_at, status = 'replay'
        FROM {SchemaNames.ParkedTable} WHERE subscription = $1 ORDER BY version
        """;

    private const string ReplaySql = $"""
        UPDATE {SchemaNames.ParkedTable} SET status = 'replay'
        WHERE subscription = $1 AND ($2 IS NULL OR aggregate_id = (
            SELECT aggregate_id FROM {SchemaNames.ParkedTable} WHERE subscription = $1 AND version = $2))
        """;

    private const string DropSql = $"DELETE FROM {SchemaNames.ParkedTable} WHERE subscription = $1 AND ($2 IS NULL OR version = $2)";

    // The active instance must learn which streams are free now before it puts another event behind nothing.
    private const string DeposeSql = $"""
        UPDATE {SchemaNames.SubscriptionsTable} SET fencing_token = fencing_token + 1, updated_at = clock_timestamp() WHERE name = $1
        """;

    internal Task<List<SubscriptionInfo>> ListAsync(CancellationToken cancellationToken) =>
        ReadAsync(ListSql, Info, cancellationToken);

    internal Task<List<ParkedEvent>> ParkedAsync(string name, CancellationToken cancellationToken) =>
        ReadAsync(
            ParkedSql,
            reader => new ParkedEvent(
                reader.GetString(0),
                new EventVersion(reader.GetInt64(1)),
                reader.GetString(2),
                reader.GetString(3),
                reader.GetString(4),
                reader.GetInt32(5),
                reader.GetString(6),
                reader.GetFieldValue<DateTimeOffset>(7),
                reader.GetBoolean(8)),
            cancellationToken,
            Sql.Text(name));

    /// <summary>Null where there is none of that name.</summary>
    internal async Task<(long Checkpoint, string? Fault)?> CheckpointAsync(string name, CancellationToken cancellationToken)
    {
        var rows = await ReadAsync(
            CheckpointSql,
            reader => (reader.GetInt64(0), reader.GetBoolean(1) ? reader.IsDBNull(2) ? "" : reader.GetString(2) : null),
            cancellationToken,
            Sql.Text(name)).ConfigureAwait(false);
        return rows is [var row] ? row : null;
    }

    internal Task CreateAsync(string name, long checkpoint, CancellationToken cancellationToken) =>
        RunAsync(cancellationToken, Sql.Command(CheckpointTable.CreateSql, Sql.Text(name), Sql.Bigint(checkpoint)));

    internal async Task<bool> PauseAsync(string name, CancellationToken cancellationToken) =>
        await RunAsync(cancellationToken, Sql.Command(PauseSql, Sql.Text(name))).ConfigureAwait(false) > 0;

    internal async Task<bool> ResumeAsync(string name, CancellationToken cancellationToken) =>
        await RunAsync(cancellationToken, Sql.Command(ResumeSql, Sql.Text(name))).ConfigureAwait(false) > 0;

    internal async Task<bool> RebuildAsync(string name, long from, CancellationToken cancellationToken) =>
        await RunAsync(
            cancellationToken,
            Sql.Command(RebuildSql, Sql.Text(name), Sql.Bigint(from)),
            Sql.Command(ForgetParkedSql, Sql.Text(name), Sql.Bigint(from))).ConfigureAwait(false) > 0;

    internal Task<int> ReplayAsync(string name, long? version, CancellationToken cancellationToken) =>
        RunAsync(cancellationToken, Sql.Command(ReplaySql, Sql.Text(name), Version(version)));

    internal Task<int> DropAsync(string name, long? version, CancellationToken cancellationToken) =>
        RunAsync(cancellationToken, Sql.Command(DropSql, Sql.Text(name), Version(version)), Sql.Command(DeposeSql, Sql.Text(name)));

    private static SubscriptionInfo Info(NpgsqlDataReader reader)
    {
        var checkpoint = reader.GetInt64(1);
        var lag = Math.Max(0, reader.GetInt64(10) - checkpoint);
        var owner = reader.IsDBNull(4) ? null : reader.GetString(4);
        var status = reader.GetString(2) switch
        {
            LeaseLook.Paused => SubscriptionStatus.Paused,
            LeaseLook.Faulted => SubscriptionStatus.Faulted,
            _ when owner is null => SubscriptionStatus.Stopped,
            _ => lag == 0 ? SubscriptionStatus.Live : SubscriptionStatus.CatchingUp,
        };
        return new SubscriptionInfo(reader.GetString(0), status, new EventVersion(checkpoint), lag, reader.GetFieldValue<DateTimeOffset>(5))
        {
            Owner = owner,
            Error = reader.IsDBNull(3) ? null : reader.GetString(3),
            Parked = reader.GetInt64(9),
            Rebuild = reader.IsDBNull(7)
                ? null
                : new RebuildProgress(
                    new EventVersion(reader.GetInt64(6)),
                    new EventVersion(reader.GetInt64(7)),
                    checkpoint - reader.GetInt64(6),
                    reader.GetFieldValue<TimeSpan>(8)),
        };
    }

    private static NpgsqlParameter Version(long? version) =>
        new() { NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Bigint, Value = (object?)version ?? DBNull.Value };

    private Task<List<T>> ReadAsync<T>(
        string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params NpgsqlParameter[] parameters) =>
        connections.TranslateAsync(async () =>
        {
            await using var connection = await connections.OpenAsync(cancellationToken).ConfigureAwait(false);
            await using var batch = connection.CreateBatch();
            batch.BatchCommands.Add(PlannerCare.Command());
            batch.BatchCommands.Add(Sql.Command(sql, parameters));
            await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
            var rows = new List<T>();
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                rows.Add(read(reader));
            }

            return rows;
        });

    /// <summary>Runs commands in one transaction; returns how many rows the first of them changed.</summary>
    private Task<int> RunAsync(CancellationToken cancellationToken, params NpgsqlBatchCommand[] commands) =>
        connections.TranslateAsync(async () =>
        {
            await using var connection = await connections.OpenAsync(cancellationToken).ConfigureAwait(false);
            await using var batch = connection.CreateBatch();
            foreach (var command in commands)
            {
                batch.BatchCommands.Add(command);
            }

            await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            return (int)commands[0].RecordsAffected;
        });
}
