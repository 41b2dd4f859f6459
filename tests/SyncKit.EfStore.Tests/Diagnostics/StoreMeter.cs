using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace SyncKit.EfStore.Tests.Diagnostics;

/// <summary>What one store measures; other stores of the process, tested at the same time, are not heard.</summary>
internal sealed class StoreMeter : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _lock = new();
    private readonly List<(string Name, double Value, string Tags)> _measured = [];

    internal StoreMeter(IServiceProvider services)
    {
        var factory = services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == EventStoreDiagnostics.MeterName && ReferenceEquals(instrument.Meter.Scope, factory))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>Everything recorded on an instrument that has these tags, such as <c>reason=race</c>, in order.</summary>
    internal double[] Recorded(string name, string tags = "")
    {
        lock (_lock)
        {
            return [.. _measured.Where(measured => measured.Name == name && measured.Tags.Contains(tags, StringComparison.Ordinal)).Select(measured => measured.Value)];
        }
    }

    internal double Sum(string name, string tags = "") => Recorded(name, tags).Sum();

    /// <summary>A gauge as it is now; null where it has nothing to say.</summary>
    internal double? Gauge(string name, string tags = "")
    {
        lock (_lock)
        {
            _measured.RemoveAll(measured => measured.Name == name);
        }

        _listener.RecordObservableInstruments();
        return Recorded(name, tags) is [.., var last] ? last : null;
    }

    /// <summary>Ends when a gauge fulfils a condition; nobody tells of that.</summary>
    internal async Task UntilAsync(string name, string tags, Func<double?, bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!condition(Gauge(name, tags)))
        {
            await Task.Delay(20, patience.Token);
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var text = string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"));
        lock (_lock)
        {
            _measured.Add((instrument.Name, value, text));
        }
    }
}
