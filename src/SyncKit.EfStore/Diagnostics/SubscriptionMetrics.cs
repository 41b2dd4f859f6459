using System.Diagnostics.Metrics;

namespace SyncKit.EfStore.Diagnostics;

/// <summary>The instruments of named subscriptions. Their names are tags: as many as the application added.</summary>
internal sealed class SubscriptionMetrics
{
    private readonly Meter _meter;

    internal SubscriptionMetrics(Meter meter)
    {
        _meter = meter;
        Events = meter.CreateCounter<long>("synckit.subscription.events", "{event}", "Events the handler returned from; one that is repeated counts again.");
        Retries = meter.CreateCounter<long>("synckit.subscription.retries", "{retry}", "Attempts of a handler that failed and are repeated.");
        Parked = meter.CreateCounter<long>("synckit.subscription.parked", "{event}", "Events put aside: failed ones and those behind them in their streams.");
        Skipped = meter.CreateCounter<long>("synckit.subscription.skipped", "{event}", "Failed events that were passed over.");
    }

    internal Counter<long> Events { get; }

    internal Counter<long> Retries { get; }

    internal Counter<long> Parked { get; }

    internal Counter<long> Skipped { get; }

    /// <summary>Publishes what the subscriptions that this process hosts are doing. Lag only of those that are the active instance.</summary>
    internal void Show(IReadOnlyList<SubscriptionSignals> subscriptions)
    {
        _meter.CreateObservableGauge(
            "synckit.subscription.state",
            () => subscriptions.SelectMany(subscription => StateSet.Of(subscription.State.Status, subscription.Tag)),
            "{subscription}",
            "1 for the state this instance of the subscription is in, 0 for every other.");
        _meter.CreateObservableGauge(
            "synckit.subscription.lag.versions",
            () => OfActive(subscription => subscription.Lag),
            "{version}",
            "How many versions the log has beyond the checkpoint, no fewer than the events that wait.");
        _meter.CreateObservableGauge(
            "synckit.subscription.lag.duration",
            () => OfActive(subscription => subscription.Age.TotalSeconds),
            "s",
            "How old the oldest event is that waits to be handled; 0 where none does.");
        _meter.CreateObservableGauge(
            "synckit.subscription.blocked_streams",
            () => OfActive(subscription => subscription.BlockedStreams),
            "{stream}",
            "Streams with parked events.");

        IEnumerable<Measurement<T>> OfActive<T>(Func<SubscriptionSignals, T> value)
            where T : struct =>
            subscriptions.Where(subscription => subscription.IsActive)
                .Select(subscription => new Measurement<T>(value(subscription), subscription.Tag));
    }
}
