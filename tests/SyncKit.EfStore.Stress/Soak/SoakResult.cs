using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Stress.Soak;

/// <summary>What became of a soak.</summary>
/// <param name="Faults">What was done to it.</param>
/// <param name="Figures">Each figure, its unit, and how it went.</param>
/// <param name="Readers">Each standing reader: what it lost, doubled, inverted.</param>
/// <param name="Stored">Events appended.</param>
/// <param name="Repeated">Appends that failed and were done again.</param>
/// <param name="Came">Observers and handlers that came, and went.</param>
/// <param name="Samples">How often it was measured.</param>
internal sealed record SoakResult(
    FaultReport Faults,
    IReadOnlyList<(string Name, string Unit, Trend Trend)> Figures,
    IReadOnlyList<(string Name, int Lost, int Doubled, int Inverted)> Readers,
    long Stored,
    long Repeated,
    long Came,
    int Samples)
{
    internal bool IsFlat => Figures.All(figure => figure.Trend.IsFlat);

    internal bool IsExact => Readers.All(reader => reader.Lost + reader.Doubled + reader.Inverted == 0);
}
