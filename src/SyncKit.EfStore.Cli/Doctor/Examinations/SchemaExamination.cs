namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>Whether the event log is there, and as new as this tool.</summary>
internal sealed class SchemaExamination : IExamination
{
    public string Name => "schema";

    public bool NeedsLog => false;

    public Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken) =>
        Task.FromResult(Judge(patient.Schema, patient.SchemaError));

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
