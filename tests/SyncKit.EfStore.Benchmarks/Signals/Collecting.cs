using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace SyncKit.EfStore.Benchmarks.Signals;

/// <summary>
/// Metrics and spans as a production process collects them, by OpenTelemetry's SDK; what is collected goes nowhere. Every span is recorded, and
/// metrics are collected often, so that even a short turn pays for it.
/// </summary>
/// <remarks>
/// It lives as long as the process, as it does in an application: to start it costs 12 to 20 ms of CPU and megabytes of tables, and a process whose
/// listeners come and go is slower than one that has them, or has none. So it is its sampler that is switched, and a store without metrics takes the
/// place of one with them.
/// </remarks>
internal sealed class Collecting : IDisposable
{
    /// <summary>How often metrics are collected; OpenTelemetry's default is once a minute.</summary>
    internal const int PerSecond = 4;

    private readonly SwitchedSampler _sampler = new();
    private readonly TracerProvider _spans;

    private readonly MeterProvider _metrics = Sdk.CreateMeterProviderBuilder()
        .AddMeter(EventStoreDiagnostics.MeterName)
        .AddReader(new PeriodicExportingMetricReader(new Nowhere<Metric>(), 1_000 / PerSecond))
        .Build();

    internal Collecting() => _spans = Sdk.CreateTracerProviderBuilder()
        .AddSource(EventStoreDiagnostics.ActivitySourceName)
        .SetSampler(_sampler)
        .AddProcessor(new BatchActivityExportProcessor(new Nowhere<Activity>()))
        .Build();

    /// <summary>Whether spans are made. Default: false.</summary>
    internal bool IsOn
    {
        get => _sampler.IsOn;
        set => _sampler.IsOn = value;
    }

    public void Dispose()
    {
        _spans.Dispose();
        _metrics.Dispose();
    }

    private sealed class SwitchedSampler : Sampler
    {
        private volatile bool _isOn;

        internal bool IsOn
        {
            get => _isOn;
            set => _isOn = value;
        }

        public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
            new(_isOn ? SamplingDecision.RecordAndSample : SamplingDecision.Drop);
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
