using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SyncKit.EfStore.Cli.Hosting;

/// <summary>The library as an application hosts it, for the length of one command.</summary>
internal sealed class StoreHost : IAsyncDisposable
{
    // Its changes of state are shown by ListenerWatch.
    private const string ListenerCategory = "SyncKit.EfStore.Notifications.NotificationListener";

    private readonly IHost _host;
    private bool _started;

    private StoreHost(IHost host) => _host = host;

    internal IEventStore Store => _host.Services.GetRequiredService<IEventStore>();

    internal IRealtimeEventStore Realtime => _host.Services.GetRequiredService<IRealtimeEventStore>();

    internal ISubscriptions Subscriptions => _host.Services.GetRequiredService<ISubscriptions>();

    internal IEventAudit Audit => _host.Services.GetRequiredService<IEventAudit>();

    internal IEventErasure Erasure => _host.Services.GetRequiredService<IEventErasure>();

    internal PostgresEventLog Log => _host.Services.GetRequiredService<PostgresEventLog>();

    internal EventImporter Importer => _host.Services.GetRequiredService<EventImporter>();

    internal static StoreHost Build(ParseResult parsed) => Build(CommonOptions.ConnectionString(parsed));

    internal static StoreHost Build(string connectionString)
    {
        // Empty: what a command does must not depend on an appsettings.json where it happens to run.
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.AddProvider(new StandardErrorLogger())
            .AddFilter<StandardErrorLogger>(null, LogLevel.None)
            .AddFilter<StandardErrorLogger>("SyncKit", LogLevel.Warning)
            .AddFilter<StandardErrorLogger>(ListenerCategory, LogLevel.None);

        // One command uses a statement too seldom for it to be worth preparing, and behind a pooler in transaction mode that fails.
        var preparesByWish = connectionString.Replace(" ", "", StringComparison.Ordinal).Contains("MaxAutoPrepare=", StringComparison.OrdinalIgnoreCase);
        builder.Services.AddPostgresEventStore(options =>
            (options.ConnectionString, options.EnablePreparedStatements) = (connectionString, preparesByWish));
        var host = builder.Build();
        try
        {
            _ = host.Services.GetRequiredService<IOptions<EventStoreOptions>>().Value;
        }
        catch (OptionsValidationException)
        {
            host.Dispose();
            throw;
        }

        return new StoreHost(host);
    }

    /// <summary>Starts listening. Fails at once where the store cannot be used, since the listener itself would go on trying.</summary>
    internal async Task ListenAsync(CancellationToken cancellationToken)
    {
        await Store.GetLatestVersionAsync(cancellationToken);
        _started = true;
        await _host.StartAsync(cancellationToken);
    }

    /// <summary>For a command that connects past the store, whose connections warn by themselves: opens one of them.</summary>
    internal async Task WarnOfPlainTextAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Store.GetLatestVersionAsync(cancellationToken);
        }
        catch (EventStoreException)
        {
            // What may be wrong with the log beyond that is not what was asked.
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_started)
        {
            await _host.StopAsync(CancellationToken.None);
        }

        await ((IAsyncDisposable)_host).DisposeAsync();
    }
}
