using Npgsql;

namespace SyncKit.EfStore.Benchmarks.Servers;

/// <summary>A database of one contender and one round. Dispose it to drop it.</summary>
/// <param name="server">The server's own connection string.</param>
/// <param name="name">Made by us; needs no quoting.</param>
/// <param name="connectionString">Of the database.</param>
internal sealed class DatabaseCopy(string server, string name, string connectionString) : IAsyncDisposable
{
    internal string ConnectionString { get; } = connectionString;

    /// <summary>For settings that its sessions begin with.</summary>
    internal string Name { get; } = name;

    /// <summary>How many events it holds.</summary>
    internal Task<long> CountAsync(CancellationToken cancellationToken) =>
        Sql.ScalarAsync<long>(ConnectionString, "SELECT count(*) FROM events", cancellationToken);

    public async ValueTask DisposeAsync()
    {
        using (var pooled = new NpgsqlConnection(ConnectionString))
        {
            NpgsqlConnection.ClearPool(pooled);
        }

        await Sql.RunAsync(server, $"DROP DATABASE IF EXISTS {Name} WITH (FORCE)", CancellationToken.None);
    }
}
