using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace SyncKit.EfStore.Benchmarks.Signals;

/// <summary>
/// Metrics and spans as a production process collects them, by OpenTelemetry's SDK, as long as it lives; what is collected goes nowhere. Every span
/// is recorded, and metrics are collected each second, so that even a short stretch pays for it.
/// </summary>
internal sealed class Collecting : IDisposable
{
    private const int CollectEvery = 1_000;

    private readonly TracerProvider _spans = Sdk.CreateTracerProviderBuilder()
        .AddSource(EventStoreDiagnostics.ActivitySourceName)
        .SetSampler(new AlwaysOnSampler())
        .AddProcessor(new BatchActivityExportProcessor(new Nowhere<Activity>()))
        .Build();

    private readonly MeterProvider _metrics = Sdk.CreateMeterProviderBuilder()
        .AddMeter(EventStoreDiagnostics.MeterName)
        .AddReader(new PeriodicExportingMetricReader(new Nowhere<Metric>(), CollectEvery))
        .Build();

    /// <summary>A contender's round, listened to.</summary>
    internal static Func<CancellationToken, Task<T>> During<T>(Func<CancellationToken, Task<T>> round) => async cancellationToken =>
    {
        using var collecting = new Collecting();
        return await round(cancellationToken);
    };

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
