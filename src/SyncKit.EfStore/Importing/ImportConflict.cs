namespace SyncKit.EfStore;

/// <summary>What an import does with an event whose id is stored already. Other content under a stored id always ends it.</summary>
public enum ImportConflict
{
    /// <summary>Leaves out an event that is stored with equal content: an import that broke off goes on when it is run again.</summary>
    Skip,

    /// <summary>Ends at the first id that is stored, equal content or not: for input that must be new.</summary>
    Stop,
}
