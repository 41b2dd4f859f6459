using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace SyncKit.EfStore.Benchmarks.Cpu;

/// <summary>What needs no database, with allocations. It compares nothing with anyone, so it has no figure with a limit.</summary>
internal static class CpuSuite
{
    internal const string Name = "cpu";

    /// <returns>Whether every benchmark ran.</returns>
    internal static bool Run(bool quick)
    {
        // In this process: a generated project would be built under this repository's rules, warnings as errors among them.
        var job = (quick ? Job.ShortRun : Job.Default).WithToolchain(InProcessEmitToolchain.Instance);
        var config = new ManualConfig()
            .AddJob(job)
            .AddLogger(ConsoleLogger.Unicode)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddExporter(MarkdownExporter.Console)
            .WithArtifactsPath(Path.Combine(Path.GetTempPath(), "synckit-benchmarks"));
        var summaries = BenchmarkRunner.Run(
            [typeof(SerialisationBenchmarks), typeof(PayloadBenchmarks), typeof(FanOutBenchmarks)], config);
        return summaries.All(summary => summary.Reports.Length > 0 && summary.Reports.All(report => report.Success));
    }
}
