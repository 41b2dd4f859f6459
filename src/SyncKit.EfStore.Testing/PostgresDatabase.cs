namespace SyncKit.EfStore.Testing;

/// <summary>
/// A database of its own on a <see cref="PostgresServer"/>, dropped when disposed. Notifications do not cross databases,
/// so tests that each have one cannot disturb each other. Safe for use by several threads.
/// </summary>
public sealed class PostgresDatabase : IAsyncDisposable
{
    private readonly DatabaseMaker _maker;
    private int _disposed;

    internal PostgresDatabase(DatabaseMaker maker, string name, string connectionString)
    {
        _maker = maker;
        Name = name;
        ConnectionString = connectionString;
    }

    /// <summary>The database's name, unique across processes.</summary>
    public string Name { get; }

    /// <summary>An Npgsql connection string, password included, of a role that owns the database.</summary>
    public string ConnectionString { get; }

    /// <summary>
    /// Empties the Npgsql connection pool of <see cref="ConnectionString"/>, ends every session that is still connected,
    /// and drops the database. Does nothing the second time, or when the server is stopped or was disposed before.
    /// </summary>
    /// <exception cref="Npgsql.NpgsqlException">The server refused, or could not be reached.</exception>
    /// <returns>A task that ends when the database is gone.</returns>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            await _maker.DropAsync(Name, ConnectionString).ConfigureAwait(false);
        }
    }
}
