using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SyncKit.EfStore.Ordering;
using SyncKit.EfStore.Tests.Notifications;

namespace SyncKit.EfStore.Tests.Ordering;

/// <summary>A process that reads: a store, its settled mark, and what it logs. The poll is an hour away, so that it cannot help out.</summary>
internal sealed class SettledStore : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    internal SettledStore(string connectionString, TimeProvider? time = null, Action<EventStoreOptions>? configure = null)
    {
        var services = new ServiceCollection();
        services.AddSingleton(time ?? TimeProvider.System);
        services.AddMetrics();
        services.AddSingleton<ILoggerProvider>(new LogLines(Log));
        services.AddPostgresEventStore(options =>
        {
            options.ConnectionString = TestRoles.ForStore(connectionString);
            options.PollInterval = TimeSpan.FromHours(1);
            configure?.Invoke(options);
        });
        _services = services.BuildServiceProvider();
    }

    internal IRealtimeEventStore Events => _services.GetRequiredService<IRealtimeEventStore>();

    internal SettledMark Mark => _services.GetRequiredService<SettledMark>();

    /// <summary>What a gauge of the store shows.</summary>
    internal double Gauge(string name) => GaugeWithTags(name).Value;

    internal (double Value, KeyValuePair<string, object?>[] Tags) GaugeWithTags(string name)
    {
        (double, KeyValuePair<string, object?>[]) shown = (double.NaN, []);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == name && instrument.Meter.Scope == _services.GetRequiredService<IMeterFactory>())
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, value, tags, _) => shown = (value, tags.ToArray()));
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => shown = (value, tags.ToArray()));
        listener.Start();
        listener.RecordObservableInstruments();
        return shown;
    }

    internal ISettledMark PublicMark => _services.GetRequiredService<ISettledMark>();

    /// <summary>What was logged: event id and message.</summary>
    internal Collector<string> Log { get; } = new();

    /// <summary>Ends when a holder is named.</summary>
    internal async Task<SettledMarkHolder> HolderAsync()
    {
        while (true)
        {
            if (Mark.Holder is { } holder)
            {
                return holder;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }

    internal async Task<string> IdsAsync(EventVersion since) =>
        string.Join(' ', await Events.LoadAsync(since).Select(stored => stored.AggregateId).ToListAsync());

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private sealed class LogLines(Collector<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.OnNext($"{eventId.Id}: {formatter(state, exception)}");

        public void Dispose()
        {
        }
    }
}
