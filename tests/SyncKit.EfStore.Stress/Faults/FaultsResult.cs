using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Stress.Faults;

/// <summary>What became of one handler under the faults of one seed.</summary>
/// <param name="Target">The handler.</param>
/// <param name="Faults">What was done to it.</param>
/// <param name="Events">Events in the log.</param>
/// <param name="Last">The last version of the log.</param>
/// <param name="Checkpoint">Where the handler stands.</param>
/// <param name="Differences">Streams for which the handler's table is not what a fold over the log gives.</param>
internal sealed record FaultsResult(string Target, FaultReport Faults, long Events, long Last, long Checkpoint, long Differences)
{
    internal bool IsExact => Differences == 0 && Checkpoint == Last;
}
