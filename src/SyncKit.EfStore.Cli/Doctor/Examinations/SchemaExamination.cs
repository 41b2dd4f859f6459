namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>Whether the event log is there, and as new as this tool.</summary>
internal sealed class SchemaExamination : IExamination
{
    // Found by name: a cast to regclass takes no lock.
    private const string HoldersSql = $"""
        SELECT DISTINCT held.pid, coalesce(nullif(activity.application_name, ''), 'unnamed'), coalesce(activity.usename::text, '?')
        FROM pg_locks AS held
        JOIN pg_stat_activity AS activity ON activity.pid = held.pid
        WHERE held.locktype = 'relation' AND held.granted AND held.mode = 'AccessExclusiveLock'
            AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND held.relation IN (to_regclass('{LogNames.Events}'), to_regclass('{LogNames.Migrations}'))
        ORDER BY 1
        """;

    public string Name => "schema";

    public bool NeedsLog => false;

    public async Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken) => patient.IsLocked
        ? Locked(await patient.QueryAsync(
            HoldersSql, reader => (reader.GetInt32(0), reader.GetString(1), reader.GetString(2)), cancellationToken))
        : Judge(patient.Schema, patient.SchemaError);

    private static Diagnosis Locked(List<(int Pid, string Application, string Role)> holders)
    {
        var diagnosis = Diagnosis.Skipped("The server did not answer in time.");
        foreach (var (pid, application, role) in holders)
        {
            diagnosis.Fault(
                $"Process {pid} ({application}, role '{role}') holds a lock on the event log that nobody gets past: reads and appends wait.",
                $"Let it commit, or SELECT pg_terminate_backend({pid});");
        }

        if (holders.Count == 0)
        {
            diagnosis.Fault(
                "The server did not answer in time what the schema is; it is overloaded, or something is locked.",
                "SELECT pid, pg_blocking_pids(pid), query FROM pg_stat_activity WHERE wait_event_type = 'Lock'; names who waits for whom.");
        }

        return diagnosis;
    }

    private static Diagnosis Judge(SchemaInspection? schema, EventStoreException? error)
    {
        if (schema is null)
        {
            var unread = Diagnosis.Skipped(error!.Message);
            if (error is not EventStoreUnavailableException { Reason: UnavailableReason.PermissionDenied })
            {
                unread.Fault(error.Message, "Name the schema of the event log with Search Path=… in the connection string, or run 'synckit migrate'.");
            }

            return unread;
        }

        var diagnosis = Diagnosis.Fine(
            schema.Unknown.Count == 0
                ? "The schema is current."
                : $"The schema is newer than this tool ({string.Join(", ", schema.Unknown)}), which does no harm.");
        if (!schema.HasLog)
        {
            diagnosis.Fault("There is no event log in this database and search path.", "synckit migrate");
        }
        else if (schema.Pending.Count > 0)
        {
            diagnosis.Fault($"The schema is older than this tool: {string.Join(", ", schema.Pending)} not applied.", "synckit migrate");
        }

        return diagnosis;
    }
}
