namespace SyncKit.EfStore.Sqlite;

/// <summary>A stream that has more events in one log than in the other.</summary>
/// <param name="AggregateId">The stream.</param>
/// <param name="MoreInTo">How many more events the second log has of it; negative: how many fewer.</param>
public sealed record StreamDifference(string AggregateId, long MoreInTo);
