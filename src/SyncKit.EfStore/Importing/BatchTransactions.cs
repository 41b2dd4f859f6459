using System.Data;
using Npgsql;
using SyncKit.EfStore.Appending;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Importing;

/// <summary>A transaction for each batch, on a connection of the pool.</summary>
internal sealed class BatchTransactions(EventStoreConnections connections) : IImportTransactions
{
    public bool LocksStreams => true;

    public int MaxStreams => AppendRequest.MaxStreams;

    public async Task<T> RunAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        await using var connection = await connections.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken).ConfigureAwait(false);
        var result = await work(connection).ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        return result;
    }

    public Task CompleteAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
