namespace SyncKit.EfStore.Notifications;

/// <summary>
/// How long to wait before the next attempt: doubling from the first wait to the longest, each shortened by up to half at random, so that
/// many processes do not return to a restarted server at the same moment. Not safe for several threads.
/// </summary>
internal sealed class ReconnectSchedule(TimeSpan first, TimeSpan longest, Func<double> random)
{
    // Twenty doublings pass any sensible limit and still fit in a long.
    private const int MaxDoublings = 20;

    /// <summary>Failures since the last success.</summary>
    internal int Failures { get; private set; }

    internal void Succeeded() => Failures = 0;

    internal TimeSpan NextDelay()
    {
        var doublings = Math.Min(Failures++, MaxDoublings);
        var full = Math.Min(first.Ticks << doublings, longest.Ticks);
        return TimeSpan.FromTicks(full - (long)(full / 2 * random()));
    }
}
