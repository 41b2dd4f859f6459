namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>
/// Appends that stay open. Nothing after their versions is settled until they end, so every subscription of every process waits for them. Who
/// holds the sequence at two looks a second apart is told; an append takes milliseconds.
/// </summary>
internal sealed class OpenAppendsExamination : IExamination
{
    private static readonly TimeSpan Lingering = TimeSpan.FromSeconds(1);

    // Prepared transactions have no process, so never join on that alone.
    private const string ReadSql = $"""
        SELECT DISTINCT ON (held.virtualtransaction)
            held.virtualtransaction,
            held.pid,
            coalesce(nullif(activity.application_name, ''), 'unnamed'),
            coalesce(activity.usename::text, '?'),
            coalesce(activity.state, 'its state is hidden from this role'),
            clock_timestamp() - activity.xact_start,
            quote_literal(prepared.gid)
        FROM pg_locks AS held
        LEFT JOIN pg_stat_activity AS activity ON activity.pid = held.pid
        LEFT JOIN pg_locks AS own
            ON held.pid IS NULL AND own.virtualtransaction = held.virtualtransaction
            AND own.locktype = 'transactionid' AND own.mode = 'ExclusiveLock'
        LEFT JOIN pg_prepared_xacts AS prepared ON prepared.transaction = own.transactionid
        WHERE held.locktype = 'relation'
            AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND held.relation = {LogNames.Sequence}
            AND held.mode = 'RowExclusiveLock'
            AND held.pid IS DISTINCT FROM pg_backend_pid()
        """;

    public string Name => "open-appends";

    public async Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken)
    {
        var diagnosis = Diagnosis.Fine("No append stays open: whatever is stored is settled at once.");
        var before = await HoldersAsync(patient, cancellationToken);
        if (before.Count == 0)
        {
            return diagnosis;
        }

        await Task.Delay(Lingering, patient.Time, cancellationToken);
        foreach (var holder in (await HoldersAsync(patient, cancellationToken)).IntersectBy(before.Select(one => one.Transaction), one => one.Transaction))
        {
            if (holder.Prepared is { } id)
            {
                diagnosis.Fault(
                    $"Prepared transaction {id} has drawn a version and waits for its second phase: nothing behind it is settled, and no restart ends it.",
                    $"Ask its coordinator; then COMMIT PREPARED {id}; or ROLLBACK PREPARED {id};");
            }
            else
            {
                diagnosis.Warn(
                    $"Process {holder.Pid} ({holder.Application}, role '{holder.Role}', {holder.State}) has drawn a version and stays open"
                        + $"{(holder.Age is { } age ? $" for {Spans.Text(age)}" : "")}: nothing behind it is settled, and subscriptions wait.",
                    $"Let it commit, or SELECT pg_terminate_backend({holder.Pid}); idle_in_transaction_session_timeout does so by itself.");
            }
        }

        return diagnosis;
    }

    private static Task<List<Holder>> HoldersAsync(Patient patient, CancellationToken cancellationToken) => patient.QueryAsync(
        ReadSql,
        reader => new Holder(
            reader.GetString(0),
            reader.IsDBNull(1) ? null : reader.GetInt32(1),
            reader.GetString(2),
            reader.GetString(3),
            reader.GetString(4),
            reader.IsDBNull(5) ? null : reader.GetTimeSpan(5),
            reader.IsDBNull(6) ? null : reader.GetString(6)),
        cancellationToken);

    private sealed record Holder(string Transaction, int? Pid, string Application, string Role, string State, TimeSpan? Age, string? Prepared);
}
