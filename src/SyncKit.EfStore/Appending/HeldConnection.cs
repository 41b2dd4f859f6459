using Npgsql;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Appending;

/// <summary>
/// A connection that groups which follow each other keep, because the pool resets one each time it goes out: that costs about as much as
/// the commit. Opened when first asked for; used by one group at a time.
/// </summary>
internal sealed class HeldConnection(EventStoreConnections connections) : IAsyncDisposable
{
    // Then it goes back for once: others wait for a connection too, and the pool retires old ones.
    private const int MostUses = 100;

    private NpgsqlConnection? _connection;
    private int _uses;

    internal async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        if (_uses == MostUses)
        {
            await DisposeAsync().ConfigureAwait(false);
        }

        _connection ??= await connections.OpenAsync(cancellationToken).ConfigureAwait(false);
        _uses++;
        return _connection;
    }

    /// <summary>Gives it back, whatever state it is in: the pool rolls back what is open, and drops what is broken.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            _uses = 0;
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }
}
