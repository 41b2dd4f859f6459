using Npgsql;

namespace SyncKit.EfStore.Benchmarks.Servers;

/// <summary>A database of one contender and one round. Dispose it to drop it.</summary>
/// <param name="server">The server's own connection string.</param>
/// <param name="name">Made by us; needs no quoting.</param>
/// <param name="connectionString">Of the database.</param>
internal sealed class DatabaseCopy(string server, string name, string connectionString) : IAsyncDisposable
{
    internal string ConnectionString { get; } = connectionString;

    /// <summary>How many rows one of its tables holds.</summary>
    internal Task<long> CountAsync(string table, CancellationToken cancellationToken) =>
        Sql.ScalarAsync<long>(ConnectionString, $"SELECT count(*) FROM {table}", cancellationToken);

    public async ValueTask DisposeAsync()
    {
        using (var pooled = new NpgsqlConnection(ConnectionString))
        {
            NpgsqlConnection.ClearPool(pooled);
        }

        await Sql.RunAsync(server, $"DROP DATABASE IF EXISTS {name} WITH (FORCE)", CancellationToken.None);
    }
}
