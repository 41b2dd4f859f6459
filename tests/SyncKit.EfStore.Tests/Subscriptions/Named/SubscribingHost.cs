using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SyncKit.EfStore.Tests.Subscriptions.Named;

/// <summary>An application with named subscriptions, as one process of several.</summary>
internal sealed class SubscribingHost : IAsyncDisposable
{
    internal const string Name = "projection";

    private readonly IHost _host;
    private bool _ended;

    private SubscribingHost(IHost host) => _host = host;

    internal IRealtimeEventStore Store => _host.Services.GetRequiredService<IRealtimeEventStore>();

    internal IServiceProvider Services => _host.Services;

    internal ISubscriptions Subscriptions => _host.Services.GetRequiredService<ISubscriptions>();

    internal ISubscription Subscription => Subscriptions.Get(Name);

    /// <summary>With one subscription whose handler fills an inbox.</summary>
    internal static Task<SubscribingHost> StartAsync(
        string connectionString, Inbox inbox, Action<SubscriptionOptions>? configure = null, Action<EventStoreOptions>? store = null) =>
        StartAsync(
            connectionString,
            (services, builder) =>
            {
                services.AddSingleton(inbox);
                builder.AddSubscription<InboxHandler>(Name, Quick(configure));
            },
            store);

    internal static async Task<SubscribingHost> StartAsync(
        string connectionString, Action<IServiceCollection, EventStoreBuilder> add, Action<EventStoreOptions>? store = null)
    {
        var application = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        application.Logging.ClearProviders();
        var builder = application.Services.AddPostgresEventStore(options =>
        {
            options.ConnectionString = connectionString;
            options.ReconnectInterval = TimeSpan.FromMilliseconds(20);
            options.MaxReconnectInterval = TimeSpan.FromMilliseconds(200);
            options.PollInterval = TimeSpan.FromMilliseconds(500);
            store?.Invoke(options);
        });
        add(application.Services, builder);
        var host = new SubscribingHost(application.Build());
        try
        {
            await host._host.StartAsync();
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }

        return host;
    }

    /// <summary>Short waits, which the test may lengthen.</summary>
    internal static Action<SubscriptionOptions> Quick(Action<SubscriptionOptions>? configure) => options =>
    {
        options.LeaseDuration = TimeSpan.FromSeconds(2);
        options.RetryDelay = TimeSpan.FromMilliseconds(5);
        options.MaxRetryDelay = TimeSpan.FromMilliseconds(20);
        configure?.Invoke(options);
    };

    internal async Task<SubscriptionState> WaitForAsync(SubscriptionStatus status)
    {
        try
        {
            return await Subscription.WaitForStateAsync(status).WaitAsync(TimeSpan.FromSeconds(60));
        }
        catch (TimeoutException)
        {
            throw new AssertFailedException($"Waited for {status}; it is {Subscription.State}.");
        }
    }

    internal async Task WaitUntilProcessedAsync(EventVersion version)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            await Subscriptions.WaitUntilProcessedAsync(Name, version, patience.Token);
        }
        catch (OperationCanceledException)
        {
            throw new AssertFailedException($"Waited for version {version}; it is {Subscription.State}.");
        }
    }

    /// <summary>Ends when the parked events fulfil a condition. Nobody tells of them, so they are asked for again and again.</summary>
    internal async Task UntilParkedAsync(Func<IReadOnlyList<ParkedEvent>, bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!condition(await Subscriptions.ParkedAsync(Name, patience.Token)))
        {
            await Task.Delay(20, patience.Token);
        }
    }

    internal async Task<SubscriptionInfo> InfoAsync() => (await Subscriptions.ListAsync()).Single(info => info.Name == Name);

    internal async Task StopAsync()
    {
        if (!_ended)
        {
            _ended = true;
            await _host.StopAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
    }
}
