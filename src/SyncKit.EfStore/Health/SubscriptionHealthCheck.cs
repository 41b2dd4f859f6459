using Microsoft.Extensions.Diagnostics.HealthChecks;
using SyncKit.EfStore.Subscriptions.Named;

namespace SyncKit.EfStore.Health;

/// <summary>Whether this process's instance of a named subscription does its work.</summary>
internal sealed class SubscriptionHealthCheck(
    string name, SubscriptionDirectory subscriptions, EventStoreHealthOptions options, TimeProvider time) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var states = subscriptions.StatesOf(name);
        var state = states.State;
        var quietFor = time.GetUtcNow() - states.MovedAt;
        var unhealthy = context.Registration.FailureStatus;
        var waiting = $"{state.Lag} versions from the end, at version {state.Position}";
        var (status, description) = state.Status switch
        {
            SubscriptionStatus.Faulted => (unhealthy, $"Faulted. {state.Error}"),
            SubscriptionStatus.Stopped => (unhealthy, "Stopped: its host has not started, or has ended."),
            SubscriptionStatus.Standby => (HealthStatus.Healthy, "On standby: another instance is the active one."),
            SubscriptionStatus.Paused => (HealthStatus.Degraded, $"Paused on request at version {state.Position}; nothing is handled until it is resumed."),
            _ when state.Lag > 0 && !states.IsStoreAway && quietFor >= options.NotMovingAfter =>
                (unhealthy, $"Not moving for {quietFor.TotalSeconds:0} s, {waiting}. {state.Error ?? "Its handler has not come back."}"),
            SubscriptionStatus.Retrying => (HealthStatus.Degraded, $"Retrying, {waiting}. {state.Error}"),
            SubscriptionStatus.Behind => (HealthStatus.Degraded, $"Behind but moving, {waiting}."),
            SubscriptionStatus.CatchingUp => (HealthStatus.Healthy, $"Catching up, {waiting}."),
            _ => (HealthStatus.Healthy, $"Live, at version {state.Position}."),
        };
        return Task.FromResult(new HealthCheckResult(
            status,
            description,
            data: new Dictionary<string, object>
            {
                ["status"] = state.Status.ToString(),
                ["position"] = state.Position.Value,
                ["lag"] = state.Lag,
                ["quiet_seconds"] = state.Lag > 0 ? quietFor.TotalSeconds : 0,
            }));
    }
}
