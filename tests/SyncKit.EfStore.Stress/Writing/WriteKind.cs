namespace SyncKit.EfStore.Stress.Writing;

/// <summary>What one transaction of a writer does.</summary>
internal enum WriteKind
{
    /// <summary>One event.</summary>
    Single,

    /// <summary>Many events in one statement.</summary>
    MultiRow,

    /// <summary>One event, then one behind a savepoint that is kept.</summary>
    Savepoint,

    /// <summary>One event, then one behind a savepoint that is rolled back, then one more.</summary>
    RolledBackSavepoint,

    /// <summary>Many events by binary COPY, with pauses between them.</summary>
    Copy,

    /// <summary>An event that is there already, and one that is not, with ON CONFLICT DO NOTHING.</summary>
    Conflict,

    /// <summary>One event, rolled back.</summary>
    RolledBack,

    /// <summary>Many events through the store, which lets them travel with those of other writers.</summary>
    Store,

    /// <summary>One event whose version was drawn by nextval in a statement before.</summary>
    DrawnEarly,
}
