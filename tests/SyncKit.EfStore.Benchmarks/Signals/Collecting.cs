using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace SyncKit.EfStore.Benchmarks.Signals;

/// <summary>
/// Metrics and spans as a production process collects them, by OpenTelemetry's SDK, as long as it lives; what is collected goes nowhere. Every span
/// is recorded, and metrics are collected often, so that even a short turn pays for it.
/// </summary>
internal sealed class Collecting : IDisposable
{
    /// <summary>How often metrics are collected; OpenTelemetry's default is once a minute.</summary>
    internal const int PerSecond = 4;

    private readonly TracerProvider _spans = Sdk.CreateTracerProviderBuilder()
        .AddSource(EventStoreDiagnostics.ActivitySourceName)
        .SetSampler(new AlwaysOnSampler())
        .AddProcessor(new BatchActivityExportProcessor(new Nowhere<Activity>()))
        .Build();

    private readonly MeterProvider _metrics = Sdk.CreateMeterProviderBuilder()
        .AddMeter(EventStoreDiagnostics.MeterName)
        .AddReader(new PeriodicExportingMetricReader(new Nowhere<Metric>(), 1_000 / PerSecond))
        .Build();

    /// <summary>Runs it listened to.</summary>
    internal static async Task<T> DuringAsync<T>(Func<Task<T>> turn)
    {
        using var collecting = new Collecting();
        return await turn();
    }

    public void Dispose()
    {
        _spans.Dispose();
        _metrics.Dispose();
    }

    private sealed class Nowhere<T> : BaseExporter<T>
        where T : class
    {
        public override ExportResult Export(in Batch<T> batch)
        {
            foreach (var each in batch)
            {
                _ = each;
            }

            return ExportResult.Success;
        }
    }
}
