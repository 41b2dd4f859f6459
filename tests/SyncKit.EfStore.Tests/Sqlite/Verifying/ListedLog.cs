using System.Globalization;
using System.Runtime.CompilerServices;

namespace SyncKit.EfStore.Tests.Sqlite.Verifying;

/// <summary>A log in memory, whose versions are places in a list.</summary>
internal sealed class ListedLog(IReadOnlyList<SourceEvent> events) : IEventCopySource
{
    private readonly Dictionary<string, SourceEvent> _byId = events.ToDictionary(one => one.Id, StringComparer.Ordinal);

    /// <summary>How many ids were looked up.</summary>
    internal long LookedUp { get; private set; }

    /// <summary>A log of events in this order, numbered from 1.</summary>
    internal static ListedLog Of(IEnumerable<SourceEvent> events) => new([.. events.Select((one, i) => one with { Version = i + 1 })]);

    internal static SourceEvent Event(int number, string? data = null) => new(
        0,
        number.ToString(CultureInfo.InvariantCulture),
        $"s{number % 7}",
        "T",
        data is null ? null : EventJson.Parse(data),
        null,
        DateTimeOffset.UnixEpoch.AddSeconds(number));

    internal static List<SourceEvent> Events(int count) => [.. Enumerable.Range(0, count).Select(number => Event(number))];

    public Task<EventVersion> GetLatestVersionAsync(CancellationToken cancellationToken = default) =>
        Task.FromResult(new EventVersion(events.Count == 0 ? 0 : events[^1].Version));

    public Task<long> CountAsync(EventVersion after, EventVersion upTo, CancellationToken cancellationToken = default) =>
        Task.FromResult(events.LongCount(one => one.Version > after.Value && one.Version <= upTo.Value));

    public async IAsyncEnumerable<SourceEvent> ReadAsync(
        EventVersion after, EventVersion upTo, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        foreach (var one in events.Where(one => one.Version > after.Value && one.Version <= upTo.Value))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return one;
        }
    }

    public async IAsyncEnumerable<SourceEvent> FindAsync(IReadOnlyList<string> ids, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        Assert.IsLessThanOrEqualTo(1_000, ids.Count);
        LookedUp += ids.Count;
        foreach (var id in ids.Where(_byId.ContainsKey))
        {
            yield return _byId[id];
        }
    }
}
