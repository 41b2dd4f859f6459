using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SyncKit.EfStore.Diagnostics;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Hosting;

/// <summary>Before anything else of the store starts: migrates or checks the schema, where an option asks for it.</summary>
internal sealed class SchemaService(
    EventStoreConnections connections, IOptions<EventStoreOptions> options, ILogger<SchemaService> logger) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.MigrateAtStart)
        {
            var done = await EventStoreSchema.MigrateAsync(connections.Linq, cancellationToken).ConfigureAwait(false);
            Log.SchemaMigrated(logger, connections.Target, done.Applied.Count, done.Mended.Count);
        }

        if (options.Value.RequireSchemaAtStart)
        {
            var connection = await connections.TranslateAsync(() => connections.OpenAsync(cancellationToken)).ConfigureAwait(false);
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
