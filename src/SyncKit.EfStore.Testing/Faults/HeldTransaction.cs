using Npgsql;

namespace SyncKit.EfStore.Testing;

/// <summary>
/// Another writer's transaction that has drawn its version and stays open: what makes a later version visible before an earlier one.
/// A reader that remembers the highest version seen loses this event. Not safe for several threads.
/// </summary>
public sealed class HeldTransaction : IAsyncDisposable
{
    private const string DrawSql = "SELECT nextval(pg_get_serial_sequence('events', 'version'))";

    private const string InsertSql =
        "INSERT INTO events (id, aggregate_id, event_type, data) VALUES ($1, $2, $3, '{}') RETURNING version";

    // What all who supply a stream version do first. In a statement of its own: the one that reads the stream must see what came before.
    private const string LockStreamSql = "SELECT pg_advisory_xact_lock(hashtextextended($1, 'events'::regclass::oid::bigint))";

    // With a stream version, because the trigger that supplies one draws the version again.
    private const string InsertDrawnSql =
        """
        INSERT INTO events (version, id, aggregate_id, event_type, data, stream_version)
        SELECT $4, $1, $2, $3, '{}', coalesce(max(stream_version), 0) + 1 FROM events WHERE aggregate_id = $2
        RETURNING version
        """;

    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private bool _ended;

    private HeldTransaction(NpgsqlConnection connection, NpgsqlTransaction transaction, string aggregateId, string eventId)
    {
        _connection = connection;
        _transaction = transaction;
        AggregateId = aggregateId;
        EventId = eventId;
        ProcessId = connection.ProcessID;
    }

    /// <summary>The version that was drawn.</summary>
    public long Version { get; private set; }

    /// <summary>The server's process that holds the transaction: <c>pid</c> in <c>pg_stat_activity</c>.</summary>
    public int ProcessId { get; }

    /// <summary>The stream of the event; with <see cref="VersionDraw.DrawOnly"/> of none.</summary>
    public string AggregateId { get; }

    /// <summary>The id of the event; with <see cref="VersionDraw.DrawOnly"/> of none.</summary>
    public string EventId { get; }

    /// <summary>Begins a transaction on a connection of its own, draws a version, and returns with the transaction open.</summary>
    /// <param name="connectionString">The database of an event store. A fresh, unpooled connection is made.</param>
    /// <param name="options">What is written and how; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Gives up, and rolls back.</param>
    /// <returns>The open transaction; dispose it to roll it back.</returns>
    /// <exception cref="NpgsqlException">The server refused, or could not be reached.</exception>
    public static async Task<HeldTransaction> BeginAsync(
        string connectionString, HeldTransactionOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new HeldTransactionOptions();
        var connection = await FaultSession.OpenAsync(connectionString, options.ApplicationName, cancellationToken).ConfigureAwait(false);
        try
        {
            var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            var eventId = Guid.CreateVersion7().ToString();
            var held = new HeldTransaction(connection, transaction, options.AggregateId ?? $"held-{eventId}", eventId);
            held.Version = await held.DrawAsync(options, cancellationToken).ConfigureAwait(false);
            return held;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Commits now.</summary>
    /// <param name="cancellationToken">Gives up waiting; the commit may happen nevertheless.</param>
    /// <returns>A task that ends when the event is visible.</returns>
    /// <exception cref="NpgsqlException">The session is gone: killed, cut, or its server was stopped.</exception>
    /// <exception cref="InvalidOperationException">The transaction has ended before.</exception>
    public async Task CommitAsync(CancellationToken cancellationToken = default)
    {
        End();
        await _transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Commits after a delay: a commit that takes its time.</summary>
    /// <param name="delay">How long to wait first, zero or more.</param>
    /// <param name="cancellationToken">Gives up; the transaction stays open while the delay lasts.</param>
    /// <returns>A task that ends when the event is visible.</returns>
    /// <exception cref="NpgsqlException">The session is gone: killed, cut, or its server was stopped.</exception>
    /// <exception cref="InvalidOperationException">The transaction has ended before.</exception>
    public async Task CommitAfterAsync(TimeSpan delay, CancellationToken cancellationToken = default)
    {
        await Task.Delay(delay, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        await CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Commits once something else has happened.</summary>
    /// <param name="signal">Ends when it is time. Where it fails, so does this, and the transaction stays open.</param>
    /// <param name="cancellationToken">Gives up; the transaction stays open while <paramref name="signal"/> has not ended.</param>
    /// <returns>A task that ends when the event is visible.</returns>
    /// <exception cref="NpgsqlException">The session is gone: killed, cut, or its server was stopped.</exception>
    /// <exception cref="InvalidOperationException">The transaction has ended before.</exception>
    public async Task CommitWhenAsync(Task signal, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(signal);
        await signal.WaitAsync(cancellationToken).ConfigureAwait(false);
        await CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Rolls back now: the version stays a gap, and nobody is notified.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>A task that ends when the transaction is over.</returns>
    /// <exception cref="NpgsqlException">The session is gone: killed, cut, or its server was stopped.</exception>
    /// <exception cref="InvalidOperationException">The transaction has ended before.</exception>
    public async Task RollbackAsync(CancellationToken cancellationToken = default)
    {
        End();
        await _transaction.RollbackAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Rolls back what is still open, and closes the connection. A session that is gone is no error here.</summary>
    /// <returns>A task that ends when the transaction is over.</returns>
    public async ValueTask DisposeAsync()
    {
        try
        {
            // Said, not left to the closing of the socket, which the server notices a moment later.
            if (!_ended)
            {
                await RollbackAsync().ConfigureAwait(false);
            }
        }
        catch (NpgsqlException)
        {
            // Killed meanwhile, which rolled it back.
        }

        await _connection.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<long> DrawAsync(HeldTransactionOptions options, CancellationToken cancellationToken)
    {
        NpgsqlParameter[] row = [new() { Value = EventId }, new() { Value = AggregateId }, new() { Value = options.EventType }];
        if (options.Draw == VersionDraw.WithInsert)
        {
            return await _connection.ScalarAsync<long>(InsertSql, cancellationToken, row).ConfigureAwait(false);
        }

        var drawn = await _connection.ScalarAsync<long>(DrawSql, cancellationToken).ConfigureAwait(false);
        if (options.Draw == VersionDraw.DrawOnly)
        {
            return drawn;
        }

        await _connection.ExecuteAsync(LockStreamSql, cancellationToken, new NpgsqlParameter { Value = AggregateId }).ConfigureAwait(false);
        return await _connection.ScalarAsync<long>(InsertDrawnSql, cancellationToken, [.. row, new() { Value = drawn }]).ConfigureAwait(false);
    }

    private void End()
    {
        if (_ended)
        {
            throw new InvalidOperationException("The held transaction has ended already.");
        }

        _ended = true;
    }
}
