namespace SyncKit.EfStore.Benchmarks.Measuring;

/// <summary>The arithmetic of the figures.</summary>
internal static class Statistics
{
    /// <summary>The middle value; of an even number the mean of the two in the middle.</summary>
    /// <exception cref="ArgumentException">There are no values.</exception>
    internal static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        if (sorted.Length == 0)
        {
            throw new ArgumentException("A median needs at least one value.", nameof(values));
        }

        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>The nearest-rank percentile: the smallest value that at least this share of all values do not exceed.</summary>
    /// <param name="sorted">Ascending.</param>
    /// <param name="share">Above 0, up to 1.</param>
    /// <exception cref="ArgumentException">There are no values, or the share is none.</exception>
    internal static double Percentile(IReadOnlyList<double> sorted, double share)
    {
        if (sorted.Count == 0)
        {
            throw new ArgumentException("A percentile needs at least one value.", nameof(sorted));
        }

        if (share is not (> 0 and <= 1))
        {
            throw new ArgumentException($"A share must be above 0 and at most 1; it is {share}.", nameof(share));
        }

        return sorted[(int)Math.Ceiling(share * sorted.Count) - 1];
    }
}
