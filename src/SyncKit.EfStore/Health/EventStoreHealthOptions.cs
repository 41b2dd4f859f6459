using SyncKit.EfStore.Diagnostics;

namespace SyncKit.EfStore;

/// <summary>When the health checks of an event store speak up. Bound once, at the first check.</summary>
public sealed class EventStoreHealthOptions
{
    /// <summary>
    /// A subscription with events to handle, whose checkpoint has not moved for so long, is unhealthy: its handler hangs, or fails over and
    /// over. Longer than a batch may take. Default: 1 minute. Bounds: 1 second to 1 day.
    /// </summary>
    public TimeSpan NotMovingAfter { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// An open append that has held the settled mark back for so long makes it unhealthy; before that it is degraded. Default: null, never,
    /// since no restart and no other process would help. Bounds: 1 second to 1 day.
    /// </summary>
    public TimeSpan? HeldBackUnhealthyAfter { get; set; }

    /// <summary>How long a check may take, before it counts as failed. Default: 5 seconds. Bounds: 100 milliseconds to 1 minute.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <param name="keyOf">The key of the configuration where a property's value stands; null where it stands in none.</param>
    internal List<string> Faults(Func<string, string?>? keyOf = null)
    {
        var second = TimeSpan.FromSeconds(1);
        var day = TimeSpan.FromDays(1);
        var faults = new List<string>();
        Range(nameof(NotMovingAfter), NotMovingAfter, second, day);
        Range(nameof(HeldBackUnhealthyAfter), HeldBackUnhealthyAfter, second, day);
        Range(nameof(Timeout), Timeout, second / 10, TimeSpan.FromMinutes(1));
        return faults;

        void Range(string property, TimeSpan? value, TimeSpan least, TimeSpan most) =>
            OptionRange.Check(faults, keyOf?.Invoke(property) ?? $"{nameof(EventStoreHealthOptions)}.{property}", value, least, most);
    }
}
