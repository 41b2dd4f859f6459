using Npgsql;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Copying;

/// <summary>What the database knows of the copies into it.</summary>
internal static class CopyRecords
{
    private const string FindSql = $"""
        SELECT copy_id, position, position_fingerprint, keeps_versions
        FROM {SchemaNames.CopiesTable} WHERE source = $1 ORDER BY position DESC, copy_id DESC
        """;

    private const string LastRunSql = $"""
        SELECT source_version, target_version, events
        FROM {SchemaNames.CopyRunsTable} WHERE copy_id = $1 ORDER BY source_version DESC LIMIT 1
        """;

    private const string BeginSql = $"""
        INSERT INTO {SchemaNames.CopiesTable} (position, position_fingerprint, keeps_versions, source) VALUES ($1, $2, $3, $4) RETURNING copy_id
        """;

    private const string MoveSql = $"""
        UPDATE {SchemaNames.CopiesTable}
        SET position = $1, position_fingerprint = $2, keeps_versions = keeps_versions AND $3, updated_at = now()
        WHERE copy_id = $4 AND position = $5 RETURNING copy_id
        """;

    private const string RunsSql = $"""
        INSERT INTO {SchemaNames.CopyRunsTable} (copy_id, source_version, target_version, events)
        SELECT $1, * FROM unnest($2, $3, $4)
        ON CONFLICT (copy_id, source_version) DO UPDATE SET events = excluded.events
        """;

    internal static async Task<IReadOnlyList<EventCopyRecord>> FindAsync(NpgsqlConnection connection, string source, CancellationToken cancellationToken)
    {
        await using var command = Sql.Command(connection, FindSql, Sql.Text(source));
        await using var row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var records = new List<EventCopyRecord>();
        while (await row.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            records.Add(new EventCopyRecord(row.GetInt64(0), source, new EventVersion(row.GetInt64(1)), row.GetString(2), row.GetBoolean(3)));
        }

        return records;
    }

    /// <summary>The run a copy would go on with.</summary>
    internal static async Task<VersionRun?> LastRunAsync(NpgsqlConnection connection, EventCopyRecord? record, CancellationToken cancellationToken)
    {
        if (record is null)
        {
            return null;
        }

        await using var command = Sql.Command(connection, LastRunSql, Sql.Bigint(record.CopyId));
        await using var row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        return await row.ReadAsync(cancellationToken).ConfigureAwait(false)
            ? new VersionRun(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2))
            : null;
    }

    /// <summary>Moves a record on from where it was, or makes it.</summary>
    /// <returns>The record as it is now.</returns>
    /// <exception cref="EventCopyException">It is not where it was last seen.</exception>
    internal static async Task<EventCopyRecord> MoveAsync(
        NpgsqlConnection connection, EventCopyStart start, EventCopyRecord? from, SourceEvent passed, CancellationToken cancellationToken)
    {
        var (position, fingerprint) = (Math.Max(0, passed.Version), passed.Fingerprint());
        var keeps = new NpgsqlParameter<bool> { TypedValue = start.KeepVersions };
        await using var command = from is null
            ? Sql.Command(connection, BeginSql, Sql.Bigint(position), Sql.Text(fingerprint), keeps, Sql.Text(start.Source))
            : Sql.Command(connection, MoveSql, Sql.Bigint(position), Sql.Text(fingerprint), keeps, Sql.Bigint(from.CopyId), Sql.Bigint(from.Position.Value));
        var copyId = (long?)await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) ?? throw CopyRules.MovedOn();
        return new EventCopyRecord(copyId, start.Source, new EventVersion(position), fingerprint, start.KeepVersions);
    }

    /// <summary>Runs behind those that are recorded; the first may be the last of those, grown.</summary>
    internal static async Task WriteAsync(
        NpgsqlConnection connection, long copyId, IReadOnlyList<VersionRun> runs, CancellationToken cancellationToken)
    {
        await using var command = Sql.Command(
            connection,
            RunsSql,
            Sql.Bigint(copyId),
            Sql.Bigints([.. runs.Select(run => run.Source)]),
            Sql.Bigints([.. runs.Select(run => run.Target)]),
            Sql.Bigints([.. runs.Select(run => run.Events)]));
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
