using SyncKit.EfStore.Benchmarks.Measuring;

namespace SyncKit.EfStore.Benchmarks.Suites;

/// <summary>What a suite measured.</summary>
/// <param name="Suite">Its name.</param>
/// <param name="Method">What was measured and how.</param>
/// <param name="Series">Every contender's values.</param>
/// <param name="Comparisons">Those that have a limit.</param>
internal sealed record SuiteReport(
    string Suite, IReadOnlyList<string> Method, IReadOnlyList<Series> Series, IReadOnlyList<Comparison> Comparisons)
{
    internal IEnumerable<Figure> Figures => Comparisons.Select(comparison => comparison.ToFigure(Suite));
}
