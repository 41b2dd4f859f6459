namespace SyncKit.EfStore.Stress.Takeover;

/// <summary>Where in its work the active instance is frozen.</summary>
internal enum Moment
{
    /// <summary>Wherever it happens to be; mostly it waits for something new.</summary>
    Anywhere,

    /// <summary>It has read a batch and is about to begin the transaction: thawed, it would handle all of it.</summary>
    BeforeTransaction,

    /// <summary>Within the handler's call, in the open transaction, before its first write.</summary>
    InHandler,

    /// <summary>The handler's rows are written and locked, the checkpoint is not.</summary>
    AfterWrites,

    /// <summary>Everything is written, the checkpoint too; COMMIT is not sent.</summary>
    BeforeCommit,
}
