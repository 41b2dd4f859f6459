using SyncKit.EfStore.Testing.Clusters;
using SyncKit.EfStore.Testing.Sources;

namespace SyncKit.EfStore.Testing;

/// <summary>
/// A real PostgreSQL for demos and tests: one that is configured, or one started for as long as this object, and at most
/// this process, lives. Hands out databases. Safe for use by several threads; dispose it once, last.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private readonly IServerHost _host;
    private readonly DatabaseMaker _databases;
    private readonly SemaphoreSlim _lifetimeGate = new(1, 1);
    private bool _disposed; // Under _lifetimeGate.

    private PostgresServer(FoundServer found)
    {
        _host = found.Host;
        Source = found.Source;
        Description = found.Description;
        _databases = new DatabaseMaker(found.Host.ConnectionString, found.CopyFiles);
    }

    /// <summary>Where the server came from.</summary>
    public PostgresSource Source { get; }

    /// <summary>
    /// One line for people, such as <c>PostgreSQL 15.18, private cluster from /usr/lib/postgresql/15/bin</c>. Never a password.
    /// </summary>
    public string Description { get; }

    /// <summary>
    /// An Npgsql connection string, password included, of a role that may create databases.
    /// It stays the same when the server is stopped and started again.
    /// </summary>
    public string ConnectionString => _host.ConnectionString;

    /// <summary>
    /// Finds or starts a PostgreSQL (14 or later): the first source of <see cref="PostgresServerOptions.Sources"/> that works.
    /// A set <c>ConnectionStrings__EventStore</c> or <c>SYNCKIT_POSTGRES_PROGRAMS</c> is never skipped: if it cannot be used, that is an error.
    /// A private cluster takes about a second, and gives up after 60; what it started is removed again on failure.
    /// </summary>
    /// <param name="options">What to use and how; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Gives up, and removes what was begun.</param>
    /// <returns>The running server.</returns>
    /// <exception cref="PostgresUnavailableException">No source worked; the message says why of each, and what to do.</exception>
    /// <exception cref="ArgumentException"><paramref name="options"/> names no source, or a setting that cannot be one.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public static Task<PostgresServer> StartAsync(
        PostgresServerOptions? options = null, CancellationToken cancellationToken = default) =>
        StartInAsync(options ?? new PostgresServerOptions(), new Surroundings(), cancellationToken);

    internal static async Task<PostgresServer> StartInAsync(
        PostgresServerOptions options, Surroundings surroundings, CancellationToken cancellationToken)
    {
        options.Validate();
        return new PostgresServer(await ServerSearch.FindAsync(options, surroundings, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>
    /// Creates a database with the event store's schema, migrated to the newest version: a copy of a template that the first call
    /// makes. A copy takes about 0.1 s; concurrent calls are fine.
    /// </summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The database; dispose it to drop it.</returns>
    /// <exception cref="Npgsql.NpgsqlException">The server refused, or could not be reached.</exception>
    public Task<PostgresDatabase> CreateDatabaseAsync(CancellationToken cancellationToken = default) =>
        _databases.CreateMigratedAsync(cancellationToken);

    /// <summary>Creates a database with nothing in it.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The database; dispose it to drop it.</returns>
    /// <exception cref="Npgsql.NpgsqlException">The server refused, or could not be reached.</exception>
    public Task<PostgresDatabase> CreateEmptyDatabaseAsync(CancellationToken cancellationToken = default) =>
        _databases.CreateEmptyAsync(cancellationToken);

    /// <summary>
    /// Stops a private cluster and keeps its data, so that a test can see what its clients do. Does nothing when it is stopped.
    /// </summary>
    /// <param name="mode">As a planned restart would, or as a crash would.</param>
    /// <param name="cancellationToken">Gives up waiting; the server may stop nevertheless.</param>
    /// <returns>A task that ends when the server has ended.</returns>
    /// <exception cref="NotSupportedException">The server is not a private cluster, so stopping it is not for us to do.</exception>
    /// <exception cref="PostgresUnavailableException">The server did not stop within 60 s.</exception>
    public Task StopAsync(ServerShutdown mode = ServerShutdown.Fast, CancellationToken cancellationToken = default) =>
        WithPrivateClusterAsync(
            async cluster =>
            {
                _databases.ServerIsGone = true;
                await cluster.StopAsync(mode, cancellationToken).ConfigureAwait(false);
            },
            cancellationToken);

    /// <summary>
    /// Starts a private cluster that was stopped, on the same port and with the same data. Does nothing when it is running.
    /// </summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>A task that ends when the server accepts connections.</returns>
    /// <exception cref="NotSupportedException">The server is not a private cluster.</exception>
    /// <exception cref="PostgresUnavailableException">
    /// The server did not start within 60 s, or another program took the port meanwhile; the message ends with the server's log.
    /// </exception>
    public Task StartAgainAsync(CancellationToken cancellationToken = default) =>
        WithPrivateClusterAsync(
            async cluster =>
            {
                await cluster.StartAgainAsync(cancellationToken).ConfigureAwait(false);
                _databases.ServerIsGone = false;
            },
            cancellationToken);

    /// <summary>Whether the server is a private cluster, which alone may be stopped and started again.</summary>
    public bool CanRestart => _host is PrivateCluster;

    /// <summary>Stops a private cluster, leaves it down for a while, and starts it again on the same port with the same data.</summary>
    /// <param name="mode">As a planned restart would, or as a crash would.</param>
    /// <param name="downFor">How long nobody answers, zero or more, besides the time that stopping and starting take.</param>
    /// <param name="cancellationToken">Ends the time it is down: the server is started at once, and then the cancellation is thrown.</param>
    /// <returns>A task that ends when the server accepts connections again.</returns>
    /// <exception cref="NotSupportedException">The server is not a private cluster, so stopping it is not for us to do.</exception>
    /// <exception cref="PostgresUnavailableException">The server did not stop or start within 60 s; the message ends with its log.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async Task RestartAsync(
        ServerShutdown mode = ServerShutdown.Fast, TimeSpan downFor = default, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(downFor, TimeSpan.Zero);
        cancellationToken.ThrowIfCancellationRequested();
        await StopAsync(mode, CancellationToken.None).ConfigureAwait(false); // Begun, it is finished.
        try
        {
            await Task.Delay(downFor, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await StartAgainAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Ends the server if it was started here and removes all it left, or drops the databases created here if it is someone else's.
    /// Does nothing the second time.
    /// </summary>
    /// <returns>A task that ends when everything is gone.</returns>
    public async ValueTask DisposeAsync()
    {
        await _lifetimeGate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _databases.ServerIsGone |= Source != PostgresSource.ConfiguredConnectionString;
            try
            {
                await _databases.DisposeAsync().ConfigureAwait(false);
            }
            finally
            {
                await _host.DisposeAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            _lifetimeGate.Release();
        }
    }

    private async Task WithPrivateClusterAsync(Func<PrivateCluster, Task> action, CancellationToken cancellationToken)
    {
        if (_host is not PrivateCluster cluster)
        {
            throw new NotSupportedException($"Only a private cluster can be stopped and started again; this server is {Description}.");
        }

        await _lifetimeGate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            await action(cluster).ConfigureAwait(false);
        }
        finally
        {
            _lifetimeGate.Release();
        }
    }
}
