namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>Whether versions are drawn one by one from the column's own sequence. Where not, readers lose events, and the store refuses.</summary>
internal sealed class SequenceExamination : IExamination
{
    public string Name => "sequence";

    public Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken)
    {
        if (patient.Schema is not { } schema)
        {
            return Task.FromResult(Diagnosis.Skipped("The schema could not be looked at, see 'schema'."));
        }

        var diagnosis = Diagnosis.Fine("Versions are drawn one by one from a sequence of their own (INCREMENT 1, CACHE 1, NO CYCLE).");
        foreach (var fault in schema.OrderFaults)
        {
            diagnosis.Fault(fault.Problem, fault.Remedy);
        }

        return Task.FromResult(diagnosis);
    }
}
