namespace SyncKit.EfStore.Benchmarks.Measuring;

/// <summary>What one contender measured, a value a round.</summary>
/// <param name="Measure">What was measured.</param>
/// <param name="Contender">Who.</param>
/// <param name="Unit">Of the values.</param>
/// <param name="Rounds">In the order of the rounds.</param>
internal sealed record Series(string Measure, string Contender, string Unit, IReadOnlyList<double> Rounds)
{
    internal double Median => Statistics.Median(Rounds);

    internal double Lowest => Rounds.Min();

    internal double Highest => Rounds.Max();
}
