using System.Text.Json;
using System.Transactions;
using Npgsql;

namespace SyncKit.EfStore.Storage;

/// <summary>
/// The store's connections: a pool for statements, and a source of single connections for the listener. Checks the schema once,
/// before the first statement of the process.
/// </summary>
internal sealed class EventStoreConnections : IAsyncDisposable, IDisposable
{
    private readonly NpgsqlDataSource _pool;
    private readonly NpgsqlDataSource? _listener;
    private readonly NpgsqlDataSource? _linq;
    private readonly bool _ownsPool;
    private readonly PlainTextWarning _plainText;
    private volatile bool _encryptionChecked;
    private volatile bool _schemaChecked;
    private volatile bool _behindPooler;

    internal EventStoreConnections(EventStoreOptions options, PlainTextWarning plainText)
    {
        _plainText = plainText;
        _ownsPool = options.DataSource is null;
        _pool = options.DataSource ?? CreatePool(options);
        _linq = options.DataSource is null ? CreateLinqPool(options) : null;
        if (ConnectionStrings.ForListener(options) is { } listener)
        {
            _listener = NpgsqlDataSource.Create(listener);
        }

        Target = PostgresErrors.Target(_pool.ConnectionString);
        MaxPoolSize = new NpgsqlConnectionStringBuilder(_pool.ConnectionString).MaxPoolSize;
    }

    private NpgsqlDataSource CreatePool(EventStoreOptions options) =>
        new NpgsqlDataSourceBuilder(ConnectionStrings.ForPool(options))
            .UsePhysicalConnectionInitializer(
                connection => _behindPooler |= !PlannerCare.TakeForSession(connection, connection.ProcessID),
                async connection => _behindPooler |= !await PlannerCare.TakeForSessionAsync(connection, connection.ProcessID).ConfigureAwait(false))
            .Build();

    /// <summary>LINQ reads data as deep as the store takes it: System.Text.Json stops at 64 levels unless told.</summary>
    private static NpgsqlDataSource CreateLinqPool(EventStoreOptions options) =>
        new NpgsqlDataSourceBuilder(ConnectionStrings.ForLinq(options))
            .ConfigureJsonOptions(new JsonSerializerOptions(JsonSerializerOptions.Default) { MaxDepth = EventLimits.MaxJsonDepth })
            .Build();

    /// <summary>Host, port and database for messages; nothing secret.</summary>
    internal string Target { get; }

    /// <summary>At most so many connections of the pool are open at once.</summary>
    internal int MaxPoolSize { get; }

    /// <summary>Whether plans made on a connection of the pool use the indexes without being told so in each transaction.</summary>
    internal bool SessionsCareForPlans => _ownsPool && !_behindPooler;

    /// <summary>For EF Core: a pool of its own, since what an application's SQL leaves in a session must not reach the store's statements.</summary>
    internal NpgsqlDataSource Linq => _linq ?? _pool;

    /// <summary>
    /// Whether the driver itself finds a silent peer on listener connections. Not on those of a handed-in data source, whose KeepAlive
    /// is its owner's business: there the listener probes.
    /// </summary>
    internal bool ListenerHasKeepAlive => _listener is not null;

    /// <summary>A connection from the pool to a database whose schema is current.</summary>
    internal async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = await OpenUncheckedAsync(cancellationToken).ConfigureAwait(false);
        if (!_schemaChecked)
        {
            try
            {
                await SchemaCheck.RequireAsync(connection, Target, cancellationToken).ConfigureAwait(false);
                await SequenceCheck.RequireAsync(connection, Target, cancellationToken).ConfigureAwait(false);
                _schemaChecked = true;
            }
            catch
            {
                await connection.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }

        return connection;
    }

    /// <summary>The same, outside a <see cref="TransactionScope"/> the caller may be in.</summary>
    internal async Task<NpgsqlConnection> OpenUnenlistedAsync(CancellationToken cancellationToken)
    {
        using var unenlisted = Transaction.Current is null
            ? null
            : new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled);
        return await OpenAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A connection from the pool to a database whose schema may be missing.</summary>
    internal async Task<NpgsqlConnection> OpenUncheckedAsync(CancellationToken cancellationToken)
    {
        if (_encryptionChecked)
        {
            return await OpenAsync(_pool, Target, cancellationToken).ConfigureAwait(false);
        }

        var connection = await OpenWarningAsync(_pool, cancellationToken).ConfigureAwait(false);
        _encryptionChecked = true;
        return connection;
    }

    /// <summary>What the driver throws, as the store's callers are to see it.</summary>
    internal async Task<T> TranslateAsync<T>(Func<Task<T>> run)
    {
        try
        {
            return await run().ConfigureAwait(false);
        }
        catch (Exception error) when (PostgresErrors.Describes(error))
        {
            throw PostgresErrors.Translate(error, Target);
        }
    }

    /// <inheritdoc cref="TranslateAsync{T}"/>
    internal Task TranslateAsync(Func<Task> run) =>
        TranslateAsync(async () =>
        {
            await run().ConfigureAwait(false);
            return true;
        });

    /// <summary>A connection for LISTEN, which only its caller touches.</summary>
    internal Task<NpgsqlConnection> OpenListenerAsync(CancellationToken cancellationToken) => OpenWarningAsync(_listener ?? _pool, cancellationToken);

    private async Task<NpgsqlConnection> OpenWarningAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        var connection = await OpenAsync(source, Target, cancellationToken).ConfigureAwait(false);
        try
        {
            await _plainText.CheckAsync(connection, cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task<NpgsqlConnection> OpenAsync(NpgsqlDataSource source, string target, CancellationToken cancellationToken)
    {
        try
        {
            return await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (OpeningErrors.Marks(error, source.ConnectionString) || TlsErrors.IsClientCertificate(error))
        {
            throw TlsErrors.ClientCertificate(error, target);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_listener is not null)
        {
            await _listener.DisposeAsync().ConfigureAwait(false);
        }

        if (_linq is not null)
        {
            await _linq.DisposeAsync().ConfigureAwait(false);
        }

        if (_ownsPool)
        {
            await _pool.DisposeAsync().ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        _listener?.Dispose();
        _linq?.Dispose();
        if (_ownsPool)
        {
            _pool.Dispose();
        }
    }
}
