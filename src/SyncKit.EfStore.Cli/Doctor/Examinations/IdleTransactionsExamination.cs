namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>Sessions of the whole server that sit in a transaction: one that listens as well fills the notification queue for everybody.</summary>
internal sealed class IdleTransactionsExamination : IExamination
{
    // Who sees what is PostgreSQL's decision: of other roles' sessions the state is hidden unless this role has pg_read_all_stats.
    private const string ReadSql = """
        SELECT
            pid,
            coalesce(nullif(application_name, ''), 'unnamed'),
            coalesce(usename::text, '?'),
            coalesce(datname::text, '?'),
            clock_timestamp() - state_change,
            query ~* '^\s*LISTEN\M'
        FROM pg_stat_activity
        WHERE state IN ('idle in transaction', 'idle in transaction (aborted)')
            AND (state_change < clock_timestamp() - interval '1 minute' OR query ~* '^\s*LISTEN\M')
            AND pid <> pg_backend_pid()
        ORDER BY state_change
        """;

    private const string HiddenSql = """
        SELECT count(*)::int, quote_ident(current_user)
        FROM pg_stat_activity WHERE query = '<insufficient privilege>' AND datid IS NOT NULL AND usesysid IS NOT NULL
        """;

    public string Name => "idle-transactions";

    public bool NeedsLog => false;

    public async Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken)
    {
        var sessions = await patient.QueryAsync(
            ReadSql,
            reader => (
                Pid: reader.GetInt32(0), Application: reader.GetString(1), Role: reader.GetString(2), Database: reader.GetString(3),
                Idle: reader.GetTimeSpan(4), Listens: reader.GetBoolean(5)),
            cancellationToken);
        var (hidden, role) = await patient.ReadAsync(HiddenSql, reader => (reader.GetInt32(0), reader.GetString(1)), cancellationToken);
        var diagnosis = hidden == 0
            ? Diagnosis.Fine("No session sits idle in a transaction for a minute, or listens within one.")
            : Diagnosis.Skipped($"Of {hidden} sessions of other roles the state is hidden; GRANT pg_read_all_stats TO {role}; shows them.");
        foreach (var session in sessions)
        {
            diagnosis.Warn(
                $"Process {session.Pid} ({session.Application}, role '{session.Role}', database '{session.Database}') "
                    + (session.Listens ? "listens within a transaction that is idle" : "is idle in a transaction")
                    + $" for {Spans.Text(session.Idle)}: if it listens, no notification leaves the server's queue.",
                $"SELECT pg_terminate_backend({session.Pid}); and let it commit; idle_in_transaction_session_timeout does so by itself.");
        }

        return diagnosis;
    }
}
