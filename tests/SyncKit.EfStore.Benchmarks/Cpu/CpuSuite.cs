using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using SyncKit.EfStore.Benchmarks.Reporting;

namespace SyncKit.EfStore.Benchmarks.Cpu;

/// <summary>What needs no database, with allocations. It compares nothing with anyone, so it has no figure with a limit.</summary>
internal static class CpuSuite
{
    internal const string Name = "cpu";

    private static readonly Type[] Benchmarks = [typeof(SerialisationBenchmarks), typeof(PayloadBenchmarks), typeof(FanOutBenchmarks)];

    /// <returns>Whether every benchmark ran.</returns>
    internal static bool Run(bool quick, ProgressLines progress)
    {
        // In this process: a generated project would be built under this repository's rules, warnings as errors among them.
        var job = (quick ? Job.ShortRun : Job.Default).WithToolchain(InProcessEmitToolchain.Instance);
        var config = new ManualConfig()
            .AddJob(job)
            .AddLogger(NullLogger.Instance)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddDiagnoser(MemoryDiagnoser.Default)
            .WithArtifactsPath(Path.Combine(Path.GetTempPath(), "synckit-benchmarks"));
        return Benchmarks.All(benchmark => Run(benchmark, config, progress));
    }

    private static bool Run(Type benchmark, IConfig config, ProgressLines progress)
    {
        progress.Say($"{Name}: {benchmark.Name}");
        var summary = BenchmarkRunner.Run(benchmark, config);
        MarkdownExporter.Console.ExportToLog(summary, ConsoleLogger.Ascii);
        return summary.Reports.Length > 0 && summary.Reports.All(report => report.Success);
    }
}
