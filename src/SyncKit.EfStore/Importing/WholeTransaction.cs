using System.Data;
using Npgsql;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Importing;

/// <summary>One transaction for the whole import, a savepoint for each batch. Disposed before it is completed, it stores nothing.</summary>
internal sealed class WholeTransaction(EventStoreConnections connections) : IImportTransactions
{
    private const string Savepoint = "batch";

    // The locks of its streams would be as many as the streams are. Conflicts with every writer and with none that reads.
    private const string LockSql = $"LOCK TABLE {SchemaNames.EventsTable} IN SHARE ROW EXCLUSIVE MODE";

    private NpgsqlConnection? _connection;
    private NpgsqlTransaction? _transaction;

    public bool LocksStreams => false;

    public int MaxStreams => EventBatch.MaxEvents;

    public async Task<T> RunAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        var (connection, transaction) = await BegunAsync(cancellationToken).ConfigureAwait(false);
        await transaction.SaveAsync(Savepoint, cancellationToken).ConfigureAwait(false);
        T result;
        try
        {
            result = await work(connection).ConfigureAwait(false);
        }
        catch (PostgresException) when (connection.State == ConnectionState.Open)
        {
            await transaction.RollbackAsync(Savepoint, cancellationToken).ConfigureAwait(false);
            throw;
        }

        await transaction.ReleaseAsync(Savepoint, cancellationToken).ConfigureAwait(false);
        return result;
    }

    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        if (_transaction is not null)
        {
            await _transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_transaction is not null)
        {
            await _transaction.DisposeAsync().ConfigureAwait(false);
        }

        if (_connection is not null)
        {
            await _connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<(NpgsqlConnection Connection, NpgsqlTransaction Transaction)> BegunAsync(CancellationToken cancellationToken)
    {
        if (_transaction is null)
        {
            _connection = await connections.OpenAsync(cancellationToken).ConfigureAwait(false);
            _transaction = await _connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken).ConfigureAwait(false);
            await using var lockTable = new NpgsqlCommand(LockSql, _connection, _transaction);
            await lockTable.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }

        return (_connection!, _transaction);
    }
}
