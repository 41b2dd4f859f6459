namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>Whether the event log is there, and as new as this tool.</summary>
internal sealed class SchemaExamination : IExamination
{
    public string Name => "schema";

    public bool NeedsLog => false;

    public Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken) =>
        Task.FromResult(Judge(patient.Schema, patient.SchemaError));

    private static Diagnosis Judge(SchemaInspection? schema, string? error)
    {
        if (schema is null)
        {
            var unread = Diagnosis.Fine("");
            unread.Fault(error!, "Run 'synckit migrate' as the owner, or grant this role what it lacks.");
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
