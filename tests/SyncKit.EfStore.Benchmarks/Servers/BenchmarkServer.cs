using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Benchmarks.Servers;

/// <summary>The server that everything is measured on: a durable one of its own, or one that was named.</summary>
internal sealed class BenchmarkServer : IAsyncDisposable
{
    // 256 callers with a connection each, a pool of 100 beside them, and what watches.
    private const string MaxConnections = "400";
    private const string ConnectionVariable = "ConnectionStrings__EventStore";

    private readonly PostgresServer _server;

    private BenchmarkServer(PostgresServer server)
    {
        _server = server;
        Databases = new BenchmarkDatabases(server);
    }

    internal BenchmarkDatabases Databases { get; }

    internal string ConnectionString => _server.ConnectionString;

    internal string Description => _server.Description;

    /// <param name="connectionString">Of a role that may create databases; null to start a server.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PostgresUnavailableException">There is none.</exception>
    internal static async Task<BenchmarkServer> StartAsync(string? connectionString, CancellationToken cancellationToken)
    {
        if (connectionString is not null)
        {
            // Where the server finder looks.
            Environment.SetEnvironmentVariable(ConnectionVariable, connectionString);
        }

        // Programs of this machine before a container: no proxy and no overlay file system between us and the server.
        var options = new PostgresServerOptions
        {
            Durable = true,
            Sources = connectionString is not null
                ? [PostgresSource.ConfiguredConnectionString]
                : [PostgresSource.LocalPrograms, PostgresSource.Docker, PostgresSource.Embedded],
            Settings = new Dictionary<string, string> { ["max_connections"] = MaxConnections },
        };
        return new BenchmarkServer(await PostgresServer.StartAsync(options, cancellationToken));
    }

    /// <summary>Everything dirty goes to disk, so that nobody pays for what another wrote; the next change of each page is logged whole, for all alike.</summary>
    internal Task CheckpointAsync(CancellationToken cancellationToken) => Sql.RunAsync(ConnectionString, "CHECKPOINT", cancellationToken);

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
