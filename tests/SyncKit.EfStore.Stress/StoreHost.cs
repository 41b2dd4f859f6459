using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace SyncKit.EfStore.Stress;

/// <summary>The store as an application hosts it, told to find out quickly that something is gone.</summary>
internal sealed class StoreHost : IAsyncDisposable
{
    /// <summary>How an application's sessions are named, so that a schedule can choose them.</summary>
    internal const string ApplicationName = "stress application";

    private readonly IHost _host;

    private StoreHost(IHost host) => _host = host;

    internal IServiceProvider Services => _host.Services;

    internal IRealtimeEventStore Store => _host.Services.GetRequiredService<IRealtimeEventStore>();

    /// <param name="connectionString">The database.</param>
    /// <param name="add">What else the store's registration needs.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="applicationName">How its sessions are named.</param>
    /// <param name="keepAlive">
    /// Seconds, for the pool, which then notices silence while idle. Not where memory is watched: Npgsql 10.0.3 never lets go of a pooled
    /// connection that broke with it, since its timer stays armed (9 kB each, seen in the heap).
    /// </param>
    /// <param name="configure">Options other than these.</param>
    internal static async Task<StoreHost> StartAsync(
        string connectionString,
        Action<EventStoreBuilder>? add,
        CancellationToken cancellationToken,
        string applicationName = ApplicationName,
        int keepAlive = 1,
        Action<EventStoreOptions>? configure = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        var store = builder.Services.AddPostgresEventStore(options =>
        {
            options.ConnectionString = new NpgsqlConnectionStringBuilder(connectionString)
            {
                ApplicationName = applicationName,
                KeepAlive = keepAlive,
                Timeout = 5,
            }.ConnectionString;
            options.NotificationTimeout = TimeSpan.FromSeconds(2);
            options.CommandTimeout = TimeSpan.FromSeconds(5);
            options.ReconnectInterval = TimeSpan.FromMilliseconds(20);
            options.MaxReconnectInterval = TimeSpan.FromMilliseconds(500);
            options.PollInterval = TimeSpan.FromSeconds(1);
            configure?.Invoke(options);
        });
        add?.Invoke(store);
        var host = builder.Build();
        await host.StartAsync(cancellationToken);
        return new StoreHost(host);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
    }
}
