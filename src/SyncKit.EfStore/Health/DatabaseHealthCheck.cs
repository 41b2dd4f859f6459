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
            await using var connection = await connections.OpenUncheckedAsync(cancellationToken).ConfigureAwait(false);
            await SchemaCheck.RequireAsync(connection, connections.Target, cancellationToken).ConfigureAwait(false);
            return HealthCheckResult.Healthy($"The {connections.Target} answers; its schema is current.");
        }
        catch (EventStoreUnavailableException error)
        {
            return Failed(context, error);
        }
        catch (Exception error) when (PostgresErrors.Describes(error))
        {
            return Failed(context, PostgresErrors.Translate(error, connections.Target));
        }
    }

    private static HealthCheckResult Failed(HealthCheckContext context, Exception error) =>
        new(context.Registration.FailureStatus, error.Message, error);
}
