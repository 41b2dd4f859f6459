using Microsoft.Extensions.Diagnostics.HealthChecks;
using SyncKit.EfStore.Ordering;

namespace SyncKit.EfStore.Health;

/// <summary>Whether an open append holds back what comes after it, and whose.</summary>
internal sealed class SettledMarkHealthCheck(SettledMark mark, EventStoreHealthOptions options) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await mark.LookAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (EventStoreException error)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, error.Message, error);
        }

        var (version, highest, holder, heldFor) = (mark.Current, mark.Highest, mark.Holder, mark.HeldFor);
        var data = new Dictionary<string, object> { ["version"] = version, ["highest_version"] = highest };
        if (holder is null)
        {
            return HealthCheckResult.Healthy(
                version >= highest ? $"Idle: every event is settled, up to version {version}." : $"Moving: settled up to version {version} of {highest}.",
                data);
        }

        data["held_for_seconds"] = heldFor.TotalSeconds;
        if (holder.ProcessId is { } pid)
        {
            data["pid"] = pid;
        }

        return new HealthCheckResult(
            heldFor >= options.HeldBackUnhealthyAfter ? context.Registration.FailureStatus : HealthStatus.Degraded,
            $"Held back at version {version} of {highest}, for {heldFor.TotalSeconds:0} s by {holder}. What comes after it waits; end it if it was forgotten.",
            data: data);
    }
}
