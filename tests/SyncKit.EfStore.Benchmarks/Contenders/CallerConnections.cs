using Npgsql;
using SyncKit.EfStore.Benchmarks.Servers;

namespace SyncKit.EfStore.Benchmarks.Contenders;

/// <summary>A connection for each caller, open from beginning to end: what a pool costs is not on a contender's bill.</summary>
internal sealed class CallerConnections : IAsyncDisposable
{
    private readonly List<NpgsqlConnection> _connections = [];

    private CallerConnections()
    {
    }

    internal NpgsqlConnection this[int caller] => _connections[caller];

    internal static async Task<CallerConnections> OpenAsync(string connectionString, int callers, CancellationToken cancellationToken)
    {
        var connections = new CallerConnections();
        for (var caller = 0; caller < callers; caller++)
        {
            connections._connections.Add(await Sql.OpenAsync(connectionString, cancellationToken));
        }

        return connections;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections)
        {
            await connection.DisposeAsync();
        }
    }
}
