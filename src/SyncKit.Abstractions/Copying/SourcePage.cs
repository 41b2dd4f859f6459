namespace SyncKit;

/// <summary>A part of a log that is copied, in version order.</summary>
/// <param name="Events">At least one, unless it is the last.</param>
/// <param name="IsLast">Whether nothing comes behind it.</param>
/// <param name="Asked">How many rows were asked for.</param>
/// <param name="IsCut">Whether it ended at its bytes before its rows.</param>
internal sealed record SourcePage(List<SourceEvent> Events, bool IsLast, int Asked, bool IsCut);
