namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>Whether the planner knows the table and autovacuum tends it. Without, reads are planned as if it were empty.</summary>
internal sealed class StatisticsExamination : IExamination
{
    /// <summary>A smaller table is read in no time by any plan, and autovacuum may not have come to it yet.</summary>
    private const long Small = 8 * 1024 * 1024;

    // reltuples is -1 until the first VACUUM or ANALYZE.
    private const string ReadSql = $"""
        SELECT
            relation.reltuples < 0,
            pg_relation_size(relation.oid),
            EXISTS (SELECT FROM unnest(relation.reloptions) AS item WHERE item ~* '^autovacuum_enabled=(off|false|no|0)$'),
            current_setting('autovacuum') = 'off',
            (SELECT source = 'command line' FROM pg_settings WHERE name = 'autovacuum')
        FROM pg_class AS relation
        WHERE relation.oid = '{LogNames.Events}'::regclass
        """;

    public string Name => "statistics";

    public async Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken)
    {
        var table = await patient.ReadAsync(
            ReadSql,
            reader => (Unknown: reader.GetBoolean(0), Size: reader.GetInt64(1), Off: reader.GetBoolean(2), AllOff: reader.GetBoolean(3),
                OnCommandLine: reader.GetBoolean(4)),
            cancellationToken);
        var diagnosis = Diagnosis.Fine("Autovacuum tends the table of events.");
        if (table.AllOff)
        {
            diagnosis.Warn(
                "autovacuum is off for the whole server: statistics go stale, and one day it stops to protect itself from wraparound.",
                table.OnCommandLine
                    ? "Remove autovacuum from the server's command line (-c autovacuum=off), and restart the server."
                    : "ALTER SYSTEM SET autovacuum = on; SELECT pg_reload_conf();");
        }

        if (table.Off)
        {
            diagnosis.Warn(
                "autovacuum is off for the table of events: statistics go stale, and index-only reads are lost.",
                "ALTER TABLE events RESET (autovacuum_enabled);");
        }

        if (table.Unknown && table.Size > Small)
        {
            diagnosis.Warn($"The table of events has {table.Size / (1024 * 1024)} MB and was never analyzed: reads are planned by guess.", "ANALYZE events;");
        }

        return diagnosis;
    }
}
