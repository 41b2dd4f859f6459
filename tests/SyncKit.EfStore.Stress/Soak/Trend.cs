namespace SyncKit.EfStore.Stress.Soak;

/// <summary>Whether a figure grows with time. Pure.</summary>
/// <param name="First">Its median in the first third.</param>
/// <param name="Last">Its median in the last third.</param>
/// <param name="PerHour">The slope of the straight line through all of it, in its unit an hour.</param>
/// <param name="IsFlat">Whether the last third stands within a quarter, and some slack, of the first.</param>
internal sealed record Trend(double First, double Last, double PerHour, bool IsFlat)
{
    private const double Growth = 1.25;

    /// <param name="figures">At least six, in the order of time. The first tenth is left out: code is compiled and pools are filled then.</param>
    /// <param name="slack">Growth that says nothing, in the figure's unit: a small figure may well double.</param>
    internal static Trend Of(IReadOnlyList<(TimeSpan At, double Value)> figures, double slack)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(figures.Count, 6);
        var warm = figures.Skip(figures.Count / 10).ToList();
        var third = warm.Count / 3;
        var (first, last) = (Median(warm.Take(third)), Median(warm.TakeLast(third)));
        return new Trend(first, last, Slope(warm), last <= (first * Growth) + slack);
    }

    private static double Median(IEnumerable<(TimeSpan At, double Value)> figures)
    {
        var sorted = figures.Select(figure => figure.Value).Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    private static double Slope(List<(TimeSpan At, double Value)> figures)
    {
        var (meanAt, meanValue) = (figures.Average(figure => figure.At.TotalHours), figures.Average(figure => figure.Value));
        var spread = figures.Sum(figure => Math.Pow(figure.At.TotalHours - meanAt, 2));
        return spread == 0 ? 0 : figures.Sum(figure => (figure.At.TotalHours - meanAt) * (figure.Value - meanValue)) / spread;
    }
}
