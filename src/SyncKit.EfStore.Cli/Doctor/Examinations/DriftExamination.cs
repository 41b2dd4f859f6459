namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>Whether another program changed what the migrations made. A Go service of go-sync-kit does so at each start.</summary>
internal sealed class DriftExamination : IExamination
{
    private const string TriggerSql = $"""
        SELECT tgtype & 1 = 1, tgenabled = 'D' FROM pg_trigger
        WHERE tgrelid = '{LogNames.Events}'::regclass AND tgname = '{LogNames.NotifyTrigger}'
        """;

    // Without these a read is slow and nothing else.
    private static readonly string[] OnlySlow = ["index idx_events_stream_name", "index idx_events_type", "index idx_events_created_at"];

    public string Name => "schema-drift";

    public async Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken)
    {
        if (patient.Schema is not { Pending.Count: 0 } schema)
        {
            return Diagnosis.Skipped("The schema is not the one to compare with, see 'schema'.");
        }

        var diagnosis = Diagnosis.Fine("Tables, indexes, functions and triggers are as the migrations made them.");
        if (schema.Drifted.Count == 0)
        {
            return diagnosis;
        }

        const string advice = "synckit doctor --fix";
        var objects = $"Changed or missing: {string.Join(", ", schema.Drifted)}.";
        var trigger = await patient.QueryAsync(TriggerSql, reader => (ForEachRow: reader.GetBoolean(0), Disabled: reader.GetBoolean(1)), cancellationToken);
        if (trigger is [{ ForEachRow: true }])
        {
            diagnosis.Fault(
                $"{objects} Trigger {LogNames.NotifyTrigger} is for each row, as a go-sync-kit service puts it back at each start: a stream name over "
                    + "63 bytes then aborts its INSERT.",
                $"{advice}, and run the Go service with its DDL cut.");
        }
        else if (trigger is [{ Disabled: true }])
        {
            diagnosis.Fault($"{objects} Trigger {LogNames.NotifyTrigger} is disabled: nobody is told of events.", advice);
        }
        else if (schema.Drifted.All(OnlySlow.Contains))
        {
            diagnosis.Warn($"{objects} Some reads scan the whole log.", advice);
        }
        else
        {
            diagnosis.Fault(objects, advice);
        }

        return diagnosis;
    }
}
