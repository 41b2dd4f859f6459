using Npgsql;
using NpgsqlTypes;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Appending;

/// <summary>
/// The short way for the append of one event that nothing stands in the way of: one statement, one round trip, one implicit transaction. Where it
/// inserts nothing, <see cref="AppendStatement"/> finds out why.
/// </summary>
/// <remarks>
/// The lock is asked for within the statement, whose snapshot is a little older. Whoever committed to the stream in between took the place that
/// is read here as free, so the unique index refuses it: a race, after which the append goes the long way.
/// </remarks>
internal static class SingleStatement
{
    // What must hold before the statement is planned or run, where the session does not see to it.
    private const string LockTimeout = $"set_config('lock_timeout', '{AppendStatement.GroupLockTimeout}', true)";
    private const string CareSql = $"SELECT {PlannerCare.Expression}";
    private const string QuietSql = $"SELECT {PlannerCare.Expression}, {AppendStatement.QuietExpression}";
    private const string ImpatientSql = $"SELECT {PlannerCare.Expression}, {LockTimeout}";
    private const string QuietImpatientSql = $"SELECT {PlannerCare.Expression}, {LockTimeout}, {AppendStatement.QuietExpression}";

    // Scalar subqueries rather than a join: half the plan nodes to set up for each append.
    private const string Head =
        $"coalesce((SELECT stream_version FROM {SchemaNames.EventsTable} WHERE aggregate_id = $1 ORDER BY stream_version DESC LIMIT 1), 0)";

    private const string InsertSql =
        $"INSERT INTO {SchemaNames.EventsTable} (aggregate_id, id, event_type, data, metadata, created_at, stream_version) SELECT $1, $2, $3, $4, $5, coalesce($6, now())";

    private const string IfFree = $"""
        WHERE pg_try_advisory_xact_lock({StreamLock.KeyOfFirstParameter})
            AND NOT EXISTS (SELECT FROM {SchemaNames.EventsTable} WHERE id = $2)
        """;

    private const string AnySql = $"{InsertSql}, {Head} + 1 {IfFree}";
    private const string StreamExistsSql = $"{InsertSql}, {Head} + 1 {IfFree} AND {Head} > 0";
    private const string ExactlySql = $"{InsertSql}, $7 + 1 {IfFree} AND {Head} = $7";

    private const string Patient = "RETURNING version, stream_version";

    // A notifying COMMIT queues for a lock too, and that wait is not meant: the time limit ends with the row.
    private const string Impatient = "RETURNING version, stream_version, set_config('lock_timeout', '0', true)";

    // The driver prepares a statement by its text: six of them, each always the same object.
    private const string PatientAnySql = $"{AnySql} {Patient}";
    private const string PatientStreamExistsSql = $"{StreamExistsSql} {Patient}";
    private const string PatientExactlySql = $"{ExactlySql} {Patient}";
    private const string ImpatientAnySql = $"{AnySql} {Impatient}";
    private const string ImpatientStreamExistsSql = $"{StreamExistsSql} {Impatient}";
    private const string ImpatientExactlySql = $"{ExactlySql} {Impatient}";

    /// <summary>Inserts and commits; null where that cannot be done as it is.</summary>
    /// <param name="connection">Idle.</param>
    /// <param name="sessionCares">The session's plans use the indexes: see <see cref="PlannerCare"/>.</param>
    /// <param name="given">The event.</param>
    /// <param name="expected">What is claimed about its stream.</param>
    /// <param name="patient">Waits for what others hold, instead of giving up at once.</param>
    /// <param name="quiet">The notify trigger stands back.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    internal static async Task<AppendedEvent?> TryAppendAsync(
        NpgsqlConnection connection,
        bool sessionCares,
        EventData given,
        ExpectedVersion expected,
        bool patient,
        bool quiet,
        CancellationToken cancellationToken)
    {
        await using var batch = connection.CreateBatch();
        var isAlone = sessionCares && patient && !quiet;
        if (!isAlone)
        {
            batch.BatchCommands.Add(Sql.Command(Before(patient, quiet)));
        }

        var insert = Sql.Command(
            InsertOf(expected, patient),
            Sql.Text(given.AggregateId),
            Sql.Text(given.Id),
            Sql.Text(given.EventType),
            Sql.Json(given.Data?.Bytes),
            Sql.Json(given.Metadata?.Bytes),
            new NpgsqlParameter<DateTimeOffset?> { NpgsqlDbType = NpgsqlDbType.TimestampTz, TypedValue = given.CreatedAt });
        if (expected.StreamVersion is { } exactly)
        {
            insert.Parameters.Add(Sql.Bigint(exactly));
        }

        batch.BatchCommands.Add(insert);

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        if (!isAlone)
        {
            await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        }

        var appended = await reader.ReadAsync(cancellationToken).ConfigureAwait(false)
            ? new AppendedEvent(given.Id, given.AggregateId, new EventVersion(reader.GetInt64(0)), reader.GetInt64(1))
            : null;

        // The commit comes after the row: an error there must surface before anything counts as stored.
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        return appended;
    }

    private static string Before(bool patient, bool quiet) => (patient, quiet) switch
    {
        (true, false) => CareSql,
        (true, true) => QuietSql,
        (false, false) => ImpatientSql,
        (false, true) => QuietImpatientSql,
    };

    private static string InsertOf(ExpectedVersion expected, bool patient)
    {
        if (expected == ExpectedVersion.Any)
        {
            return patient ? PatientAnySql : ImpatientAnySql;
        }

        if (expected == ExpectedVersion.StreamExists)
        {
            return patient ? PatientStreamExistsSql : ImpatientStreamExistsSql;
        }

        return patient ? PatientExactlySql : ImpatientExactlySql;
    }
}
