namespace SyncKit.EfStore.Benchmarks.Measuring;

/// <summary>What <c>--check</c> decides.</summary>
internal static class FigureCheck
{
    /// <summary>The figures that miss their limit, in order.</summary>
    internal static IReadOnlyList<Figure> Misses(IEnumerable<Figure> figures) => [.. figures.Where(figure => !figure.Holds)];

    /// <summary>1 where a figure misses its limit, or where there is no figure: nothing measured is nothing shown.</summary>
    internal static int ExitCode(IReadOnlyCollection<Figure> figures) => figures.Count > 0 && Misses(figures).Count == 0 ? 0 : 1;
}
