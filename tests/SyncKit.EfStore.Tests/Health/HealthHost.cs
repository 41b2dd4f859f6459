using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using SyncKit.EfStore.Tests.Subscriptions.Named;

namespace SyncKit.EfStore.Tests.Health;

/// <summary>An application with the health checks of its store.</summary>
internal sealed class HealthHost : IAsyncDisposable
{
    private const string Prefix = "event-store-";
    private static readonly TimeSpan AtMost = TimeSpan.FromSeconds(60);

    private readonly IHost _host;

    private HealthHost(IHost host) => _host = host;

    internal IRealtimeEventStore Store => _host.Services.GetRequiredService<IRealtimeEventStore>();

    internal ISubscriptions Subscriptions => _host.Services.GetRequiredService<ISubscriptions>();

    internal IServiceProvider Services => _host.Services;

    internal static async Task<HealthHost> StartAsync(
        string connectionString, Action<EventStoreOptions>? configure = null, Action<EventStoreHealthOptions>? health = null, Inbox? inbox = null)
    {
        var application = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());

        // Before the store and its subscriptions: the order is not to matter.
        application.Services.AddHealthChecks().AddPostgresEventStore(health);
        var builder = application.Services.AddPostgresEventStore(options =>
        {
            options.ConnectionString = connectionString;
            options.ReconnectInterval = TimeSpan.FromMilliseconds(20);
            options.MaxReconnectInterval = TimeSpan.FromMilliseconds(200);
            options.PollInterval = TimeSpan.FromMilliseconds(500);
            configure?.Invoke(options);
        });
        if (inbox is not null)
        {
            application.Services.AddSingleton(inbox);
            builder.AddSubscription<InboxHandler>(SubscribingHost.Name, SubscribingHost.Quick(options => options.BatchSize = 10));
        }

        var host = new HealthHost(application.Build());
        await host._host.StartAsync();
        return host;
    }

    internal Task<HealthReport> ReportAsync(string? tag = null) =>
        _host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(check => tag is null || check.Tags.Contains(tag));

    internal async Task<HealthReportEntry> EntryAsync(string check) => (await ReportAsync()).Entries[Prefix + check];

    /// <summary>Probes, as an orchestrator does, until a check says this.</summary>
    internal async Task<HealthReportEntry> UntilAsync(string check, HealthStatus status, string says)
    {
        using var patience = new CancellationTokenSource(AtMost);
        while (true)
        {
            var entry = await EntryAsync(check);
            if (entry.Status == status && entry.Description!.Contains(says, StringComparison.Ordinal))
            {
                return entry;
            }

            if (patience.IsCancellationRequested)
            {
                throw new AssertFailedException($"Waited for '{check}' to be {status} and say '{says}'; it is {entry.Status}: {entry.Description}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), CancellationToken.None);
        }
    }

    internal Task StopAsync() => _host.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
    }
}
