using Npgsql;

namespace SyncKit.EfStore.Importing;

/// <summary>What a batch is stored in: a transaction of its own, or a part of the one that is the whole import. Not thread safe.</summary>
internal interface IImportTransactions : IAsyncDisposable
{
    /// <summary>Whether streams are locked one by one; otherwise the table is.</summary>
    bool LocksStreams { get; }

    /// <summary>How many streams one batch may name.</summary>
    int MaxStreams { get; }

    /// <summary>Does all of the work or, where it throws, nothing. Under READ COMMITTED, so that each statement sees what is committed before it.</summary>
    Task<T> RunAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellationToken);

    /// <summary>Makes everything stay.</summary>
    Task CompleteAsync(CancellationToken cancellationToken);
}
