using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Stress;

/// <summary>A PostgreSQL of the run's own, which its faults may stop and crash.</summary>
internal static class StressServer
{
    /// <summary>Starts it and says on stderr which it is.</summary>
    /// <param name="what">What is about to be done with it, for the same line; null for no more.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal static async Task<PostgresServer> StartAsync(string? what, CancellationToken cancellationToken)
    {
        var server = await PostgresServer.StartAsync(
            new PostgresServerOptions { Sources = [PostgresSource.LocalPrograms, PostgresSource.Embedded] }, cancellationToken);
        await Console.Error.WriteLineAsync(what is null ? server.Description : $"{server.Description}; {what}");
        return server;
    }
}
