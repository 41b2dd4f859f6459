using Microsoft.Extensions.Diagnostics.HealthChecks;
using SyncKit.EfStore.Notifications;

namespace SyncKit.EfStore.Health;

/// <summary>Whether notifications arrive.</summary>
internal sealed class ListenerHealthCheck(ListenerStates states) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var now = states.Now;
        var (status, description) = now.Status switch
        {
            ListenerStatus.Live or ListenerStatus.Replayed => (HealthStatus.Healthy, "Notifications arrive."),
            ListenerStatus.Degraded => (HealthStatus.Degraded, $"Notifications do not arrive; observers are served by reading the log. {now.Reason}"),
            ListenerStatus.Connecting => (HealthStatus.Degraded, "The listener opens its first connection."),
            ListenerStatus.Reconnecting => (
                HealthStatus.Degraded, $"The listener is not connected, {now.FailedAttempts} failed attempts so far; it goes on trying. {now.Reason}"),
            ListenerStatus.Failed => (
                context.Registration.FailureStatus, $"The listener gave up after {now.FailedAttempts} attempts; restart the process. {now.Reason}"),
            _ => (context.Registration.FailureStatus, "The listener is stopped: its host has not started, or has ended."),
        };
        return Task.FromResult(new HealthCheckResult(
            status,
            description,
            data: new Dictionary<string, object> { ["status"] = now.Status.ToString(), ["failed_attempts"] = now.FailedAttempts }));
    }
}
