using System.Globalization;

namespace SyncKit.EfStore.Sqlite;

/// <summary>A stream that has more events in one log than in the other.</summary>
/// <param name="AggregateId">The stream.</param>
/// <param name="MoreInTo">How many more events the second log has of it; negative: how many fewer.</param>
public sealed record StreamDifference(string AggregateId, long MoreInTo)
{
    /// <summary>As a line for people.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"stream '{InputRules.Shorten(AggregateId)}': {Math.Abs(MoreInTo)} {(MoreInTo > 0 ? "more" : "fewer")} in the second log");
}
