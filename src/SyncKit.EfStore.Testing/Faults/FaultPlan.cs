namespace SyncKit.EfStore.Testing;

/// <summary>Which fault comes next, and after which pause: nothing but the mix and the seed decide. Not safe for several threads.</summary>
internal sealed class FaultPlan
{
    private readonly Random _random;
    private readonly FaultKind[] _kinds;
    private readonly TimeSpan _pause;
    private readonly bool _endless;
    private int _next;

    /// <param name="mix">How many of each kind; the weights of an endless plan.</param>
    /// <param name="seed">The same makes the same plan.</param>
    /// <param name="pause">The pause on average.</param>
    /// <param name="endless">Whether faults are drawn by weight for ever, or each of the mix comes once.</param>
    internal FaultPlan(IReadOnlyDictionary<FaultKind, int> mix, int seed, TimeSpan pause, bool endless)
    {
        _random = new Random(seed);
        _pause = pause;
        _endless = endless;

        // In the order of the kinds: that of a dictionary promises nothing.
        _kinds = [.. mix.OrderBy(kind => kind.Key).SelectMany(kind => Enumerable.Repeat(kind.Key, kind.Value))];
        if (!endless)
        {
            _random.Shuffle(_kinds);
        }
    }

    /// <summary>The next fault, with chance of its own: how many times a fault is tried must not change the ones after it.</summary>
    /// <returns>Nothing where all have been.</returns>
    internal (FaultKind Kind, TimeSpan Pause, Random Chance)? Next()
    {
        if (!_endless && _next == _kinds.Length)
        {
            return null;
        }

        var kind = _kinds[_endless ? _random.Next(_kinds.Length) : _next++];
        return (kind, _pause * (2 * _random.NextDouble()), new Random(_random.Next()));
    }
}
