namespace SyncKit.EfStore.Subscriptions.Named;

/// <summary>What moves with the checkpoint, in one transaction.</summary>
/// <param name="To">Where the checkpoint goes; where it is, for a write that only concerns parked events.</param>
internal sealed record CheckpointWrite(CheckpointPosition To)
{
    /// <summary>Events to put aside.</summary>
    internal IReadOnlyList<Parking> Parked { get; init; } = [];

    /// <summary>The parked event that was handled after all.</summary>
    internal long? Unparked { get; init; }
}

/// <summary>An event to put aside.</summary>
/// <param name="Stored">The event.</param>
/// <param name="Attempts">How often it was tried; 0 where it stands behind another.</param>
/// <param name="Error">Why.</param>
internal sealed record Parking(StoredEvent Stored, int Attempts, string Error);
