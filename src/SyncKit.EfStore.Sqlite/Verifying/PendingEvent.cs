namespace SyncKit.EfStore.Sqlite.Verifying;

/// <summary>An event that was met in one log and not yet in the other.</summary>
/// <param name="Event">The event.</param>
/// <param name="Place">How far the first log was read by then: where the difference is, should it be one.</param>
internal sealed record PendingEvent(EventFingerprint Event, long Place)
{
    /// <summary>What the other log holds under its id, where it was asked and has it.</summary>
    internal EventFingerprint? Found { get; set; }
}
