namespace SyncKit.EfStore.Benchmarks.Suites;

/// <summary>Some figures that belong together.</summary>
internal interface ISuite
{
    /// <summary>As the command line calls it.</summary>
    string Name { get; }

    /// <summary>What is measured and how, a sentence an entry: printed with the figures.</summary>
    IReadOnlyList<string> Method(Scale scale);

    /// <summary>Measures.</summary>
    Task<SuiteReport> RunAsync(BenchmarkRun run, CancellationToken cancellationToken);
}
