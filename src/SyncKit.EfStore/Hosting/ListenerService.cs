using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SyncKit.EfStore.Diagnostics;
using SyncKit.EfStore.Notifications;

namespace SyncKit.EfStore.Hosting;

/// <summary>
/// Runs the listener with the host. Start waits for the first attempt, so that a started host listens where the server is there; a server
/// that is away does not fail the start. A listener that gives up stops the host only where the options say so.
/// </summary>
internal sealed class ListenerService(
    NotificationListener listener,
    ListenerStates states,
    IOptions<EventStoreOptions> options,
    IServiceProvider services,
    ILogger<ListenerService> logger) : IHostedService
{
    private IDisposable? _watch;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.StopHostWhenListenerFails)
        {
            var host = services.GetRequiredService<IHostApplicationLifetime>();
            _watch = states.All.Subscribe(state =>
            {
                if (state.Status == ListenerStatus.Failed)
                {
                    Log.ListenerStopsHost(logger);
                    host.StopApplication();
                }
            });
        }

        listener.EnsureStarted();
        return listener.FirstAttempt.WaitAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _watch?.Dispose();
        return listener.StopAsync().WaitAsync(cancellationToken);
    }
}
