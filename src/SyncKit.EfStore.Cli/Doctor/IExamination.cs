namespace SyncKit.EfStore.Cli.Doctor;

/// <summary>One thing the doctor looks at. Changes nothing; may throw what the driver throws, which the checkup explains.</summary>
internal interface IExamination
{
    /// <summary>Stable, for programs: lower case with hyphens.</summary>
    string Name { get; }

    /// <summary>Whether it asks the tables of the event log; without them it is skipped.</summary>
    bool NeedsLog => true;

    Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken);
}
