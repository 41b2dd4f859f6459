namespace SyncKit.EfStore.Ordering;

/// <summary>
/// At most 50 looks at the server's locks in any second: each takes every partition of its lock table in share mode (beside 60 writers, 200 a
/// second cost 5 to 19 % of their throughput, 20 a second nothing that could be measured). Not safe for several threads.
/// </summary>
internal sealed class LockReadBudget(TimeProvider time)
{
    private const double PerSecond = 45;
    private const double AtOnce = 5;

    private double _left = AtOnce;
    private long _counted = time.GetTimestamp();

    /// <summary>How long to wait before the next look; nothing as a rule.</summary>
    internal TimeSpan Wait()
    {
        var now = time.GetTimestamp();
        _left = Math.Min(AtOnce, _left + (time.GetElapsedTime(_counted, now).TotalSeconds * PerSecond));
        _counted = now;
        return _left >= 1 ? TimeSpan.Zero : TimeSpan.FromSeconds((1 - _left) / PerSecond);
    }

    internal void Take() => _left--;
}
