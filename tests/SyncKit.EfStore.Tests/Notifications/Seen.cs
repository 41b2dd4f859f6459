namespace SyncKit.EfStore.Tests.Notifications;

/// <summary>What a test says about the notifications an observer got.</summary>
internal static class Seen
{
    internal static Task WaitForIdAsync(this Collector<EventNotification> seen, string id) =>
        seen.WaitForAsync($"the event '{id}'", notification => notification.Id == id);

    internal static Task WaitForCountAsync(this Collector<EventNotification> seen, int count) =>
        seen.WaitUntilAsync($"{count} events", items => items.Count >= count);

    /// <summary>Exactly these events, each once, and those of each stream in its order.</summary>
    internal static void AssertExactly(this Collector<EventNotification> seen, IEnumerable<string> ids)
    {
        Assert.IsEmpty(seen.Violations);
        AssertInStreamOrder(seen.Items.Select(item => (item.AggregateId, item.StreamVersion)));
        AssertSame(ids, seen.Items.Select(item => item.Id));
    }

    /// <summary>The same for a handler's events.</summary>
    internal static void AssertExactly(this Collector<StoredEvent> handled, IEnumerable<string> ids)
    {
        Assert.IsEmpty(handled.Violations);
        AssertInStreamOrder(handled.Items.Select(item => (item.AggregateId, item.StreamVersion)));
        AssertSame(ids, handled.Items.Select(item => item.Id));
    }

    private static void AssertSame(IEnumerable<string> expected, IEnumerable<string> actual)
    {
        var once = new HashSet<string>();
        var twice = actual.Where(id => !once.Add(id)).Take(5).ToList();
        Assert.IsEmpty(twice, "These were shown more than once.");
        var wanted = expected.ToHashSet();
        Assert.IsEmpty(wanted.Except(once).Take(5), $"These of {wanted.Count} were never shown.");
        Assert.IsEmpty(once.Except(wanted).Take(5), "These should not have been shown.");
    }

    private static void AssertInStreamOrder(IEnumerable<(string Stream, long Version)> items)
    {
        var last = new Dictionary<string, long>();
        foreach (var (stream, version) in items)
        {
            Assert.IsGreaterThan(last.GetValueOrDefault(stream), version, $"Stream '{stream}' was shown out of order.");
            last[stream] = version;
        }
    }
}
