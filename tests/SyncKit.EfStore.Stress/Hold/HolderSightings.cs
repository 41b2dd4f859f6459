using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace SyncKit.EfStore.Stress.Hold;

/// <summary>
/// Where and when the process that holds the settled mark back is named: in the log, in <see cref="ISettledMark.Holder"/>, in the metric.
/// </summary>
internal sealed class HolderSightings : ILoggerProvider, ILogger
{
    private const int HeldBackEvent = 100;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    private readonly Lock _lock = new();
    private readonly List<(string Line, long At)> _lines = []; // under _lock

    /// <summary>Watches until it is named everywhere, or for so long.</summary>
    /// <returns>Where, and how long after the call; null where it never was.</returns>
    internal async Task<IReadOnlyList<(string Where, TimeSpan? After)>> WatchAsync(
        ISettledMark mark, int processId, TimeSpan atMost, CancellationToken cancellationToken)
    {
        var began = TimeProvider.System.GetTimestamp();
        TimeSpan? logged = null, held = null, measured = null;
        using var meter = new MeterListener();
        meter.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument is { Meter.Name: "SyncKit.EfStore", Name: "synckit.settled_mark.held" })
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        meter.SetMeasurementEventCallback<double>((_, value, tags, _) =>
        {
            if (value > 0 && IsOf(processId, tags))
            {
                measured ??= TimeProvider.System.GetElapsedTime(began);
            }
        });
        meter.Start();
        while ((logged is null || held is null || measured is null) && TimeProvider.System.GetElapsedTime(began) < atMost)
        {
            await Task.Delay(Look, cancellationToken);
            meter.RecordObservableInstruments();
            logged ??= Logged(processId) is { } at ? TimeProvider.System.GetElapsedTime(began, at) : null;
            held ??= mark.Holder?.ProcessId == processId ? TimeProvider.System.GetElapsedTime(began) : null;
        }

        return [("log", logged), ("ISettledMark.Holder", held), ("synckit.settled_mark.held", measured)];
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Id == HeldBackEvent)
        {
            lock (_lock)
            {
                _lines.Add((formatter(state, exception), TimeProvider.System.GetTimestamp()));
            }
        }
    }

    public void Dispose()
    {
    }

    private long? Logged(int processId)
    {
        lock (_lock)
        {
            return _lines.Where(line => line.Line.Contains($"backend {processId} ", StringComparison.Ordinal)).Select(line => (long?)line.At).FirstOrDefault();
        }
    }

    /// <summary>By the tag <c>pid</c>; a gauge without it can only say that somebody does.</summary>
    private static bool IsOf(int processId, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var (name, value) in tags)
        {
            if (name == "pid")
            {
                return value?.ToString() == processId.ToString(System.Globalization.CultureInfo.InvariantCulture);
            }
        }

        return true;
    }
}
