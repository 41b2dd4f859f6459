using Microsoft.Extensions.Hosting;
using SyncKit.EfStore.Notifications;

namespace SyncKit.EfStore.Hosting;

/// <summary>
/// Runs the listener with the host. Start waits for the first attempt, so that a started host listens where the server is there; a server
/// that is away does not fail the start.
/// </summary>
internal sealed class ListenerService(NotificationListener listener) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        listener.EnsureStarted();
        return listener.FirstAttempt.WaitAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => listener.StopAsync().WaitAsync(cancellationToken);
}
