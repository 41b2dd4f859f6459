using SyncKit.EfStore.Benchmarks.Measuring;
using SyncKit.EfStore.Benchmarks.Reporting;
using SyncKit.EfStore.Benchmarks.Servers;

namespace SyncKit.EfStore.Benchmarks.Suites;

/// <summary>What every suite of a run shares.</summary>
/// <param name="Server">Where to measure.</param>
/// <param name="Scale">How much.</param>
/// <param name="Progress">Where to say what is running.</param>
internal sealed record BenchmarkRun(BenchmarkServer Server, Scale Scale, ProgressLines Progress)
{
    internal BenchmarkDatabases Databases => Server.Databases;

    internal Turns Turns(string suite) => new(suite, Scale.Rounds, Progress);
}
