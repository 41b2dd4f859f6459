namespace SyncKit.EfStore.Benchmarks.Measuring;

/// <summary>Two series of the same rounds, and what their ratio must reach.</summary>
/// <param name="Figure">What is compared, with its unit.</param>
/// <param name="Ours">The store.</param>
/// <param name="Theirs">The contender.</param>
/// <param name="Must">The limit.</param>
internal sealed record Comparison(string Figure, Series Ours, Series Theirs, Limit Must)
{
    /// <summary>
    /// The median of the ratios within each round. Shown beside the ratio of the medians, which is the one that is checked: where both
    /// differ much, the machine was not quiet.
    /// </summary>
    internal double MedianOfRatios => Statistics.Median(Ours.Rounds.Zip(Theirs.Rounds, (ours, theirs) => ours / theirs));

    internal Figure ToFigure(string suite) =>
        Measuring.Figure.Of(suite, Figure, Ours.Median, Theirs.Median, Theirs.Contender, Must);
}
