namespace SyncKit.EfStore.Stress.Soak;

/// <summary>Which versions one reader was given: a bit each, so that a check of hours does not grow what it measures. Safe for several threads.</summary>
internal sealed class Tally
{
    private const int Bits = 64;

    private readonly Lock _lock = new();
    private readonly List<ulong> _seen = [];
    private long _highest;

    /// <summary>How many came again.</summary>
    internal int Doubled { get; private set; }

    /// <summary>How many came below one that had come.</summary>
    internal int Inverted { get; private set; }

    internal void Add(EventVersion version)
    {
        lock (_lock)
        {
            if (Has(version.Value))
            {
                Doubled++;
                return;
            }

            var (word, bit) = ((int)(version.Value / Bits), (int)(version.Value % Bits));
            while (_seen.Count <= word)
            {
                _seen.Add(0);
            }

            _seen[word] |= 1UL << bit;
            Inverted += version.Value < _highest ? 1 : 0;
            _highest = Math.Max(_highest, version.Value);
        }
    }

    /// <summary>How many of these never came.</summary>
    internal int Lost(IReadOnlyList<long> committed)
    {
        lock (_lock)
        {
            return committed.Count(version => !Has(version));
        }
    }

    private bool Has(long version) =>
        version / Bits < _seen.Count && (_seen[(int)(version / Bits)] & (1UL << (int)(version % Bits))) != 0;
}
