using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace SyncKit.EfStore.Sqlite.Storage;

/// <summary>
/// The file: its connections, pooled by the driver, and its transactions. The driver's asynchronous calls block, so everything here runs on the
/// thread pool; waiting for somebody else's lock blocks no thread.
/// </summary>
internal sealed class EventFile : IAsyncDisposable, IDisposable
{
    // Each append that was answered must be on the disk, whatever the driver was built with: that is FULL in WAL mode.
    private const string BeginWriteSql = "PRAGMA synchronous = FULL; BEGIN IMMEDIATE";

    // BEGIN alone takes no lock. The SELECT does, and with it the snapshot: nothing after it can meet a lock.
    private const string BeginReadSql = "BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1";

    private readonly string _path;
    private readonly bool _readOnly;
    private readonly bool _mayCreate;
    private readonly TimeSpan _busyTimeout;
    private readonly LockPatience _patience;
    private readonly CallsUnderWay _calls;
    private readonly SemaphoreSlim _preparing = new(1);
    private readonly SemaphoreSlim _writing = new(1);
    private readonly string _connectionString;
    private volatile bool _isPrepared;

    internal EventFile(SqliteEventStoreOptions options, TimeProvider time)
    {
        _path = Path.GetFullPath(options.Path);
        _readOnly = options.ReadOnly;
        _mayCreate = options.CreateIfMissing && !options.ReadOnly;
        _busyTimeout = options.BusyTimeout;
        _connectionString = ConnectionString(options.ReadOnly ? SqliteOpenMode.ReadOnly : SqliteOpenMode.ReadWrite);
        _patience = new LockPatience(options.BusyTimeout, time);
        _calls = new CallsUnderWay(Close);
    }

    /// <summary>Runs a read in one snapshot of the file.</summary>
    internal async Task<T> ReadAsync<T>(Func<SqliteConnection, T> read, CancellationToken cancellationToken)
    {
        _calls.Enter();
        try
        {
            return await RunAsync(BeginReadSql, read, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _calls.Leave();
        }
    }

    /// <summary>
    /// Runs a write in a transaction, which commits when it returns and is rolled back when it throws. Nobody else writes meanwhile, and what it
    /// reads nobody has changed since.
    /// </summary>
    internal async Task<T> WriteAsync<T>(Func<SqliteConnection, T> write, CancellationToken cancellationToken)
    {
        _calls.Enter();
        try
        {
            // Writers of one store queue up here, instead of contending for the file's lock.
            await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                return await RunAsync(BeginWriteSql, write, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                _writing.Release();
            }
        }
        finally
        {
            _calls.Leave();
        }
    }

    /// <summary>Begins a write that goes over several calls.</summary>
    internal async Task<HeldWrite> HoldWriteAsync(CancellationToken cancellationToken)
    {
        _calls.Enter();
        try
        {
            await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                return await TranslateAsync(
                    async () =>
                    {
                        await PrepareOnceAsync(cancellationToken).ConfigureAwait(false);
                        var connection = Open(_connectionString);
                        try
                        {
                            await _patience.ExecuteAsync(connection, BeginWriteSql, cancellationToken).ConfigureAwait(false);
                            return new HeldWrite(this, connection);
                        }
                        catch
                        {
                            connection.Dispose();
                            throw;
                        }
                    },
                    cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                _writing.Release();
                throw;
            }
        }
        catch
        {
            _calls.Leave();
            throw;
        }
    }

    internal Task<T> RunHeldAsync<T>(SqliteConnection connection, Func<SqliteConnection, T> work, CancellationToken cancellationToken) =>
        TranslateAsync(() => Task.FromResult(Interruptible(connection, work, cancellationToken)), cancellationToken);

    internal Task CommitHeldAsync(SqliteConnection connection, CancellationToken cancellationToken) =>
        TranslateAsync(
            async () =>
            {
                await _patience.ExecuteAsync(connection, "COMMIT", cancellationToken).ConfigureAwait(false);
                return true;
            },
            cancellationToken);

    internal void EndHeld(SqliteConnection connection)
    {
        RollBack(connection);
        connection.Dispose();
        _writing.Release();
        _calls.Leave();
    }

    public async ValueTask DisposeAsync()
    {
        _calls.End();
        await _calls.Over.ConfigureAwait(false);
    }

    public void Dispose() => _calls.End();

    private Task<T> RunAsync<T>(string beginSql, Func<SqliteConnection, T> work, CancellationToken cancellationToken) =>
        TranslateAsync(
            async () =>
            {
                await PrepareOnceAsync(cancellationToken).ConfigureAwait(false);
                using var connection = Open(_connectionString);
                await _patience.ExecuteAsync(connection, beginSql, cancellationToken).ConfigureAwait(false);
                return await InTransactionAsync(connection, work, cancellationToken).ConfigureAwait(false);
            },
            cancellationToken);

    /// <summary>Runs it on the thread pool; what the driver throws, the store's callers see in their terms.</summary>
    private async Task<T> TranslateAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await Task.Run(work, cancellationToken).ConfigureAwait(false);
        }
        catch (SqliteException error) when (SqliteErrors.IsInterrupt(error) && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(error.Message, error, cancellationToken);
        }
        catch (SqliteException error)
        {
            throw SqliteErrors.Translate(error, _path, _busyTimeout);
        }
    }

    private async Task<T> InTransactionAsync<T>(SqliteConnection connection, Func<SqliteConnection, T> work, CancellationToken cancellationToken)
    {
        try
        {
            var result = Interruptible(connection, work, cancellationToken);
            await _patience.ExecuteAsync(connection, "COMMIT", cancellationToken).ConfigureAwait(false);
            return result;
        }
        finally
        {
            RollBack(connection);
        }
    }

    private static T Interruptible<T>(SqliteConnection connection, Func<SqliteConnection, T> work, CancellationToken cancellationToken)
    {
        // Disposing the registration waits for its callback: the next user of this connection is never the one interrupted.
        using (cancellationToken.Register(static handle => raw.sqlite3_interrupt((sqlite3)handle!), connection.Handle))
        {
            return work(connection);
        }
    }

    private async ValueTask PrepareOnceAsync(CancellationToken cancellationToken)
    {
        if (_isPrepared)
        {
            return;
        }

        await _preparing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_isPrepared)
            {
                await PrepareAsync(cancellationToken).ConfigureAwait(false);
                _isPrepared = true;
            }
        }
        finally
        {
            _preparing.Release();
        }
    }

    /// <summary>Creates what is missing and may be created, and refuses a table of another shape.</summary>
    private async Task PrepareAsync(CancellationToken cancellationToken)
    {
        if (_mayCreate && !Directory.Exists(Path.GetDirectoryName(_path)))
        {
            throw SqliteErrors.FolderMissing(_path);
        }

        using var connection = Open(_mayCreate ? ConnectionString(SqliteOpenMode.ReadWriteCreate) : _connectionString);
        var shape = await LookAsync().ConfigureAwait(false);
        if (shape.Table is null && !_mayCreate)
        {
            throw SqliteErrors.TableMissing(_path);
        }

        shape.ThrowIfOther(_path, _readOnly);
        if (_readOnly)
        {
            return;
        }

        // Not within a transaction. A file system that cannot do it keeps the mode it has, where readers and writers wait for each other.
        await _patience.ExecuteAsync(connection, "PRAGMA journal_mode = WAL", cancellationToken).ConfigureAwait(false);
        if (shape is { Table: not null, HasStreamIndex: true })
        {
            return;
        }

        await _patience.ExecuteAsync(connection, BeginWriteSql, cancellationToken).ConfigureAwait(false);
        await InTransactionAsync(connection, Create, cancellationToken).ConfigureAwait(false);
        (await LookAsync().ConfigureAwait(false)).ThrowIfOther(_path, _readOnly);

        async Task<FileShape> LookAsync()
        {
            await _patience.ExecuteAsync(connection, BeginReadSql, cancellationToken).ConfigureAwait(false);
            return await InTransactionAsync(connection, FileShape.Read, cancellationToken).ConfigureAwait(false);
        }

        int Create(SqliteConnection within) => within.Execute(shape.Table is null ? SchemaNames.CreateSql : SchemaNames.StreamIndexSql);
    }

    private SqliteConnection Open(string connectionString)
    {
        // Pooled connections would go on writing into a file that was deleted under them, and SQLite does not notice in WAL mode.
        if (!File.Exists(_path) && !Directory.Exists(_path) && (_isPrepared || !_mayCreate))
        {
            throw SqliteErrors.FileMissing(_path);
        }

        var connection = new SqliteConnection(connectionString);
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Ends whatever transaction is open: SQLite itself ends one on some errors.</summary>
    private static void RollBack(SqliteConnection connection)
    {
        if (raw.sqlite3_get_autocommit(connection.Handle) == 0)
        {
            _ = raw.sqlite3_exec(connection.Handle, "ROLLBACK");
        }
    }

    /// <summary>The last connection to a file in WAL mode folds the log into the file and removes what stands beside it.</summary>
    private void Close()
    {
        using var any = new SqliteConnection(_connectionString);
        SqliteConnection.ClearPool(any);
        _preparing.Dispose();
        _writing.Dispose();
    }

    private string ConnectionString(SqliteOpenMode mode) => new SqliteConnectionStringBuilder
    {
        DataSource = _path,
        Mode = mode,

        // The connection that may create a file is needed once.
        Pooling = mode != SqliteOpenMode.ReadWriteCreate,

        // Where a statement meets a lock after all, as one that spills its cache under a rollback journal, the driver waits. 0 would be for ever.
        DefaultTimeout = Math.Max(1, (int)_busyTimeout.TotalSeconds),
    }.ToString();
}
