namespace SyncKit.EfStore.Testing;

/// <summary>What a <see cref="FaultSchedule"/> has done. Immutable.</summary>
public sealed class FaultReport
{
    internal FaultReport(int seed, IReadOnlyDictionary<FaultKind, int> injected, TimeSpan took)
    {
        Seed = seed;
        Injected = injected;
        Took = took;
    }

    /// <summary>The seed, to do the same again.</summary>
    public int Seed { get; }

    /// <summary>How many faults of each kind really hit somebody. A kind that never did is absent.</summary>
    public IReadOnlyDictionary<FaultKind, int> Injected { get; }

    /// <summary>How many faults there were.</summary>
    public int Total => Injected.Values.Sum();

    /// <summary>How long it took.</summary>
    public TimeSpan Took { get; }

    /// <summary>The report in one line, such as <c>7 faults with seed 1 in 3.2 s: 5 TerminateBackend, 2 CutConnections</c>.</summary>
    public override string ToString() => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"{Total} faults with seed {Seed} in {Took.TotalSeconds:0.0} s: {string.Join(", ", Injected.OrderBy(kind => kind.Key).Select(kind => $"{kind.Value} {kind.Key}"))}");
}
