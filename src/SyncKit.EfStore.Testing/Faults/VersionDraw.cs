namespace SyncKit.EfStore.Testing;

/// <summary>How a <see cref="HeldTransaction"/> draws its version.</summary>
public enum VersionDraw
{
    /// <summary>In the INSERT of an event, as nearly every writer does.</summary>
    WithInsert,

    /// <summary>By <c>nextval</c> in a statement before the INSERT, which then uses that version.</summary>
    BeforeInsert,

    /// <summary>By <c>nextval</c> alone: nothing is inserted, and the version stays a gap whatever becomes of the transaction.</summary>
    DrawOnly,
}
