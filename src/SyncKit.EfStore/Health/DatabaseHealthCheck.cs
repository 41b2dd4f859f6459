using Microsoft.Extensions.Diagnostics.HealthChecks;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Health;

/// <summary>Whether the database answers, and has the schema of this library.</summary>
internal sealed class DatabaseHealthCheck(EventStoreConnections connections) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            // A frozen server answers no cancellation either, and the driver waits for that answer.
            return await connections.TranslateAsync(() => AnswersAsync(cancellationToken)).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (EventStoreException error)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, error.Message, error);
        }
    }

    private async Task<HealthCheckResult> AnswersAsync(CancellationToken cancellationToken)
    {
        await using var connection = await connections.OpenUncheckedAsync(cancellationToken).ConfigureAwait(false);
        await SchemaCheck.RequireAsync(connection, connections.Target, cancellationToken).ConfigureAwait(false);
        return HealthCheckResult.Healthy($"The {connections.Target} answers; its schema is current.");
    }
}
