namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>
/// Sessions of the whole server that stay in a transaction, at rest or at work: one that listens as well fills the notification queue for everybody, and
/// no dead row of its time can be cleaned away.
/// </summary>
internal sealed class IdleTransactionsExamination : IExamination
{
    private const string HiddenSql = """
        SELECT count(*)::int, quote_ident(current_user)
        FROM pg_stat_activity WHERE query = '<insufficient privilege>' AND datid IS NOT NULL AND usesysid IS NOT NULL
        """;

    public string Name => "idle-transactions";

    public bool NeedsLog => false;

    /// <summary>A transaction that is older is told of.</summary>
    internal TimeSpan Longest { get; init; } = TimeSpan.FromMinutes(1);

    public async Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken)
    {
        var sessions = await OpenTransaction.ReadAsync(patient, cancellationToken);
        var (hidden, role) = await patient.ReadAsync(HiddenSql, reader => (reader.GetInt32(0), reader.GetString(1)), cancellationToken);
        var diagnosis = hidden == 0
            ? Diagnosis.Fine("No session stays in a transaction for a minute, or listens within one.")
            : Diagnosis.Skipped($"Of {hidden} sessions of other roles the state is hidden; GRANT pg_read_all_stats TO {role}; shows them.");
        foreach (var session in sessions.Where(session => session.Age >= Longest || session is { Listens: true, IsIdle: true }))
        {
            diagnosis.Warn(
                $"{session.Name} "
                    + (session switch
                    {
                        { Listens: true, IsIdle: true } => "listens within a transaction that is idle",
                        { IsIdle: true } => "is idle in a transaction",
                        _ => "is at work in a transaction",
                    })
                    + $", open for {Spans.Text(session.Age)}: if it listens, no notification leaves the server's queue.",
                session.IsIdle
                    ? $"SELECT pg_terminate_backend({session.Pid}); and let it commit; idle_in_transaction_session_timeout does so by itself."
                    : $"Let it end, if it is a dump or a report; else SELECT pg_terminate_backend({session.Pid});");
        }

        return diagnosis;
    }
}
