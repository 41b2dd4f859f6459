using Npgsql;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Ordering;

/// <summary>
/// Reads the position of a version in this log, and finds out later whether the log was rewound below it. The event's id decides; system
/// identifier and timeline say why, and may change without any loss (a planned switchover, an upgrade).
/// </summary>
internal static class LogPositionCheck
{
    // Ordinary roles may ask for all of this.
    private const string ReadSql = $"""
        SELECT
            (SELECT id FROM {SchemaNames.EventsTable} WHERE version = $1),
            (SELECT system_identifier FROM pg_control_system()),
            (SELECT timeline_id FROM pg_control_checkpoint()),
            coalesce((SELECT version FROM {SchemaNames.EventsTable} ORDER BY version DESC LIMIT 1), 0)
        """;

    internal static async Task<LogPosition> ReadAsync(NpgsqlConnection connection, long version, CancellationToken cancellationToken) =>
        (await ReadWithLatestAsync(connection, version, cancellationToken).ConfigureAwait(false)).Position;

    /// <summary>Ends where the log still holds what it held at the position.</summary>
    /// <remarks>
    /// A position without an event's id (zero, or a version that was a gap) can only be compared with the end of the log. Run it in no transaction, or one
    /// that began after the position was kept.
    /// </remarks>
    /// <exception cref="LogRewoundException">It does not.</exception>
    internal static async Task VerifyAsync(NpgsqlConnection connection, LogPosition expected, CancellationToken cancellationToken)
    {
        var (actual, latest) = await ReadWithLatestAsync(connection, expected.Version.Value, cancellationToken).ConfigureAwait(false);
        var holds = expected.EventId is null ? latest >= expected.Version : actual.EventId == expected.EventId;
        if (!holds)
        {
            throw new LogRewoundException(expected, actual, latest);
        }
    }

    /// <summary>What stands at a version, and where the log ends.</summary>
    internal static async Task<(LogPosition Position, EventVersion Latest)> ReadWithLatestAsync(
        NpgsqlConnection connection, long version, CancellationToken cancellationToken)
    {
        await using var batch = connection.CreateBatch();
        batch.BatchCommands.Add(PlannerCare.Command());
        batch.BatchCommands.Add(Sql.Command(ReadSql, Sql.Bigint(version)));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        var position = new LogPosition(
            new EventVersion(version), reader.IsDBNull(0) ? null : reader.GetString(0), reader.GetInt64(1), reader.GetInt32(2));
        return (position, new EventVersion(reader.GetInt64(3)));
    }
}
