using System.Globalization;

namespace SyncKit.EfStore.Tests;

/// <summary>Events that say nothing but their number.</summary>
internal static class Sample
{
    internal static EventData Event(string aggregateId, int number = 1, string eventType = "Tested") =>
        EventData.FromJson(aggregateId, eventType, string.Create(CultureInfo.InvariantCulture, $$"""{"number": {{number}}}"""));

    internal static EventData[] Events(string aggregateId, int count) =>
        [.. Enumerable.Range(1, count).Select(number => Event(aggregateId, number))];

    /// <summary>A stream name no other test uses.</summary>
    internal static string Stream() => $"test-{Guid.NewGuid():N}";
}
