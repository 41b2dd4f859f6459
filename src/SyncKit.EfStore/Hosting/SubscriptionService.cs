using Microsoft.Extensions.Hosting;
using SyncKit.EfStore.Notifications;
using SyncKit.EfStore.Subscriptions.Named;

namespace SyncKit.EfStore.Hosting;

/// <summary>
/// Runs the named subscriptions with the host. A server that is away does not fail the start; a handler whose context leads to another
/// database does.
/// </summary>
internal sealed class SubscriptionService(SubscriptionDirectory subscriptions, NotificationListener listener) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (subscriptions.Runners.Any())
        {
            listener.EnsureStarted();
            await Task.WhenAll(subscriptions.Runners.Select(runner => runner.StartAsync(cancellationToken))).ConfigureAwait(false);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(subscriptions.Runners.Select(runner => runner.StopAsync())).WaitAsync(cancellationToken);
}
