namespace SyncKit.EfStore.Cli.Doctor;

/// <summary>How an examination ended; the worse, the higher.</summary>
internal enum FindingStatus
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>It could not look, for a reason that says nothing about the event log.</summary>
    Skipped,

    /// <summary>Works now, and should be changed.</summary>
    Warning,

    /// <summary>Something does not work, or events may be lost.</summary>
    Fault,
}
