using Microsoft.Data.Sqlite;

namespace SyncKit.EfStore.Sqlite.Storage;

/// <summary>
/// A write that stays open over several calls: nobody else writes meanwhile. Disposed before it is committed, it leaves nothing. Not thread safe.
/// </summary>
/// <param name="file">Whose.</param>
/// <param name="connection">Within the transaction; goes with this.</param>
internal sealed class HeldWrite(EventFile file, SqliteConnection connection) : IAsyncDisposable
{
    internal Task<T> RunAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken) =>
        file.RunHeldAsync(connection, work, cancellationToken);

    internal Task CommitAsync(CancellationToken cancellationToken) => file.CommitHeldAsync(connection, cancellationToken);

    public ValueTask DisposeAsync()
    {
        file.EndHeld(connection);
        return ValueTask.CompletedTask;
    }
}
