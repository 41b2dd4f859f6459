using System.Globalization;

namespace SyncKit.EfStore.Benchmarks.Measuring;

/// <summary>A comparison that has a limit: one entry of the JSON file. Its property names are the file's.</summary>
/// <param name="Suite">The suite's name.</param>
/// <param name="Name">What was measured, with its unit. In the file: <c>figure</c>.</param>
/// <param name="Ours">The store's median over the rounds.</param>
/// <param name="Theirs">The contender's median over the rounds.</param>
/// <param name="Contender">Against what.</param>
/// <param name="Ratio">Ours / theirs: of throughput where <paramref name="Must"/> is a lower bound, of time or memory where it is an upper one.</param>
/// <param name="Must">The limit.</param>
internal sealed record Figure(string Suite, string Name, double Ours, double Theirs, string Contender, double Ratio, Limit Must)
{
    internal bool Holds => Must.Holds(Ratio);

    /// <exception cref="InvalidOperationException">One of both is not above zero: nothing was measured, and a ratio of it says nothing.</exception>
    internal static Figure Of(string suite, string name, double ours, double theirs, string contender, Limit must) =>
        ours > 0 && theirs > 0
            ? new Figure(suite, name, ours, theirs, contender, ours / theirs, must)
            : throw new InvalidOperationException(
                $"The suite '{suite}' measured '{name}' as {ours} against {theirs} of {contender}; both must be above 0.");

    /// <summary>One line for whoever must act on a miss.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Suite}: {Name}: {Ratio:0.000} x {Contender}, must be {Must} ({Ours:0.###} against {Theirs:0.###})");
}
