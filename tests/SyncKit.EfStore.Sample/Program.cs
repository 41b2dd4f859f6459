using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using SyncKit.EfStore;
using SyncKit.EfStore.Sample;

// Feeds the dashboard until Ctrl-C. docker-compose.yml has the database and Prometheus; the environment may name others.
const int ExportEvery = 5_000;
var builder = Host.CreateApplicationBuilder(args);
builder.Configuration.AddInMemoryCollection([new(
    "ConnectionStrings:EventStore",
    Environment.GetEnvironmentVariable("ConnectionStrings__EventStore")
        ?? "Host=localhost;Port=54320;Username=synckit;Password=synckit;Database=eventstore")]);
builder.Services.AddPostgresEventStore(options => options.MigrateAtStart = true)
    .AddSubscription<Invoices>("invoices", options => (options.Retries, options.OnFailure) = (1, FailurePolicy.Park))
    .AddSubscription<Mails>("mails", options => options.MaxParallelism = 4);
builder.Services.AddHostedService<Orders>();

// With an id of its own for each process, by which the dashboard tells them apart.
builder.Services.AddOpenTelemetry().ConfigureResource(resource => resource.AddService("synckit-sample")).WithMetrics(metrics => metrics
    .AddMeter(EventStoreDiagnostics.MeterName)
    .AddMeter("Npgsql")
    .AddOtlpExporter((otlp, reader) =>
    {
        otlp.Protocol = OtlpExportProtocol.HttpProtobuf;
        otlp.Endpoint = new Uri(Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT") ?? "http://localhost:9090/api/v1/otlp/v1/metrics");
        reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = ExportEvery;
    }));
await builder.Build().RunAsync();
