using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using SyncKit.EfStore.Tests.Notifications;
using SyncKit.EfStore.Tests.Subscriptions.Named;

namespace SyncKit.EfStore.Tests.Diagnostics;

/// <summary>
/// The README's tables of metrics and spans are what an OpenTelemetry exporter sees, no more and no less. Alone, since whoever listens hears
/// the whole process.
/// </summary>
[TestClass]
[DoNotParallelize]
public sealed partial class SignalsTableTests : SubscriptionDatabase
{
    private const string Skipping = "skipping";

    [TestMethod]
    public async Task An_exporter_sees_every_metric_and_span_of_the_readme_and_only_those()
    {
        var metrics = new List<MetricSnapshot>();
        var spans = new List<Activity>();
        using var meters = Sdk.CreateMeterProviderBuilder()
            .AddMeter(EventStoreDiagnostics.MeterName)
            .AddInMemoryExporter(metrics)
            .Build();
        using var tracers = Sdk.CreateTracerProviderBuilder()
            .AddSource(EventStoreDiagnostics.ActivitySourceName)
            .AddInMemoryExporter(spans)
            .Build();

        await CauseEverythingAsync(() => meters.ForceFlush());

        meters.ForceFlush();
        tracers.ForceFlush();
        var seen = metrics.Where(metric => metric.MetricPoints.Count > 0)
            .Select(metric => $"{metric.Name} {Kind(metric.MetricType)} {metric.Unit}").Distinct().Order(StringComparer.Ordinal).ToArray();
        var readme = RepositoryRoot.Read("README.md");
        var named = MetricRow().Matches(readme)
            .Select(row => $"{row.Groups["name"].Value} {row.Groups["kind"].Value} {row.Groups["unit"].Value}").Order(StringComparer.Ordinal).ToArray();
        CollectionAssert.AreEqual(named, seen, $"Named and not seen: {string.Join(", ", named.Except(seen))}. Seen and not named: {string.Join(", ", seen.Except(named))}.");

        string[] subscriptions = [SubscribingHost.Name, Skipping, "events"];
        var seenSpans = spans.Select(span => $"{WithoutName(span.DisplayName)} {span.Kind}".ToLowerInvariant()).Distinct().Order(StringComparer.Ordinal).ToArray();
        var namedSpans = SpanRow().Matches(readme)
            .Select(row => $"{row.Groups["name"].Value} {row.Groups["kind"].Value}".ToLowerInvariant()).Order(StringComparer.Ordinal).ToArray();
        CollectionAssert.AreEqual(namedSpans, seenSpans, string.Join(", ", seenSpans));

        string WithoutName(string span) =>
            span.Split(' ', 2) is ["batch" or "handle", var name] && subscriptions.Contains(name) ? $"{span.Split(' ')[0]} NAME" : span;
    }

    private async Task CauseEverythingAsync(Action collect)
    {
        // One subscription parks what it cannot handle, and one skips it.
        Inbox.Fail(() => true, 1);
        await using var host = await SubscribingHost.StartAsync(
            ConnectionString,
            (services, builder) =>
            {
                services.AddSingleton(Inbox);
                builder.AddSubscription<InboxHandler>(SubscribingHost.Name, SubscribingHost.Quick(options => (options.Retries, options.OnFailure) = (1, FailurePolicy.Park)));
                builder.AddSubscription<InboxHandler>(Skipping, SubscribingHost.Quick(options => (options.Retries, options.OnFailure) = (0, FailurePolicy.Skip)));
            },
            options => options.PollInterval = TimeSpan.FromMilliseconds(100));
        var told = new Collector<EventNotification>();
        host.Store.ObserveAll().Subscribe(told);
        var handled = new Collector<StoredEvent>();
        await using var handling = await host.Store.SubscribeToAllAsync((stored, _) =>
        {
            handled.OnNext(stored);
            return Task.CompletedTask;
        });

        await host.Store.StoreAsync(Sample.Event("poison"));
        await Task.WhenAll(Enumerable.Range(0, 64).Select(number => host.Store.StoreAsync(Sample.Event($"s{number}"))));
        await Assert.ThrowsExactlyAsync<WrongExpectedVersionException>(() => host.Store.AppendAsync([Sample.Event("s1")], ExpectedVersion.NoStream));
        await using var connection = await ConnectAsync();
        await connection.RunAsync("SELECT pg_notify('events_global', 'no event')");

        // A stream is held, so that an append is on its way when its backend ends, and the listener's: it is repeated.
        Task<AppendResult> repeated;
        await using (var holder = await ConnectAsync())
        {
            await using var transaction = await holder.BeginTransactionAsync();
            await holder.RunAsync("INSERT INTO events (id, aggregate_id, event_type) VALUES ('held', 'last', 'Held')");
            repeated = host.Store.StoreAsync(Sample.Event("last"));
            await connection.SomeoneWaitsAsync();
            await connection.RunAsync(
                """
                SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                WHERE datname = current_database() AND (wait_event_type = 'Lock' OR application_name = $1)
                """,
                ListeningHost.ListenerName);
        }

        var last = await repeated;
        await told.WaitForIdAsync(last.Events[0].Id);
        await handled.WaitUntilAsync("the last event", items => items.Any(stored => stored.Version == last.Version));
        await host.WaitUntilProcessedAsync(last.Version);
        await host.Subscriptions.WaitUntilProcessedAsync(Skipping, last.Version).WaitAsync(TimeSpan.FromSeconds(60));
        await host.Store.LoadAsync(EventVersion.Zero).CountAsync();
        collect(); // While the host is there: what is observed ends with it.
    }

    private static string Kind(MetricType type) => type switch
    {
        MetricType.LongSum => "counter",
        MetricType.Histogram => "histogram",
        MetricType.LongGauge or MetricType.DoubleGauge => "gauge",
        _ => type.ToString(),
    };

    [GeneratedRegex(@"^\| `(?<name>synckit\.[a-z_.]+)` \| (?<kind>\w+) \| `(?<unit>[^`]+)` \|", RegexOptions.Multiline)]
    private static partial Regex MetricRow();

    [GeneratedRegex(@"^\| `(?<name>[a-z]+ [a-zA-Z]+)` \| (?<kind>producer|consumer|client|internal) \|", RegexOptions.Multiline)]
    private static partial Regex SpanRow();
}
