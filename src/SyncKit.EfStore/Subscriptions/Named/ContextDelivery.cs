using System.Data;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Subscriptions.Named;

/// <summary>
/// For a handler that writes through the application's context: its writes, the fencing check and the checkpoint are one transaction for
/// each batch, so either all of it happened or nothing. A batch that fails is taken apart at the event that failed, which is then tried alone.
/// </summary>
internal sealed class ContextDelivery<THandler, TContext>(
    string name, IServiceScopeFactory scopes, EventStoreConnections connections) : IDelivery
    where THandler : class, IEventHandler<TContext>
    where TContext : DbContext
{
    private const string DatabaseSql = """
        SELECT (SELECT system_identifier FROM pg_control_system()), (SELECT oid::bigint FROM pg_database WHERE datname = current_database())
        """;

    private bool _checked;

    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (_checked)
        {
            return;
        }

        (long, long) ours;
        await using (var connection = await connections.OpenUncheckedAsync(cancellationToken).ConfigureAwait(false))
        {
            ours = await DatabaseAsync(connection, cancellationToken).ConfigureAwait(false);
        }

        var scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            var db = scope.ServiceProvider.GetRequiredService<TContext>();
            if (db.Database.GetDbConnection() is not NpgsqlConnection connection)
            {
                throw Elsewhere("is not on PostgreSQL");
            }

            await db.Database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            if (await DatabaseAsync(connection, cancellationToken).ConfigureAwait(false) != ours)
            {
                throw Elsewhere($"leads to the {PostgresErrors.Target(connection.ConnectionString)}");
            }
        }

        _checked = true;
    }

    public async Task<Fault?> DeliverAsync(
        ActiveRun run, IReadOnlyList<StoredEvent> events, CheckpointPosition end, CancellationToken cancellationToken)
    {
        var segments = new Stack<Segment>();
        segments.Push(new Segment(events, end));
        while (segments.TryPop(out var segment))
        {
            if (segment.Events.Count == 1)
            {
                if (await DeliverOneAsync(run, segment, cancellationToken).ConfigureAwait(false) is { } fault)
                {
                    return fault;
                }

                continue;
            }

            try
            {
                await HandleAsync(run, segment.Events, segment.End, unparked: null, cancellationToken).ConfigureAwait(false);
            }
            catch (HandlerFailedException failed)
            {
                foreach (var part in segment.Apart(failed).Reverse())
                {
                    segments.Push(part);
                }
            }
        }

        return null;
    }

    public Task<HandlerFailure?> DeliverParkedAsync(ActiveRun run, StoredEvent stored, CancellationToken cancellationToken) =>
        TryAsync(run, stored, run.Lease.Position, stored.Version.Value, failedBefore: null, cancellationToken);

    private async Task<Fault?> DeliverOneAsync(ActiveRun run, Segment segment, CancellationToken cancellationToken)
    {
        var stored = segment.Events[0];
        var failure = await TryAsync(run, stored, segment.End, unparked: null, segment.FailedBefore, cancellationToken).ConfigureAwait(false);
        if (failure is null)
        {
            return null;
        }

        var (fault, parking) = run.Answer(stored, failure);
        if (fault is null)
        {
            await HandleAsync(run, [], segment.End, unparked: null, cancellationToken, parking).ConfigureAwait(false);
        }

        return fault;
    }

    private async Task<HandlerFailure?> TryAsync(
        ActiveRun run, StoredEvent stored, CheckpointPosition end, long? unparked, Exception? failedBefore, CancellationToken cancellationToken)
    {
        var failure = await run.Retries.TryAsync(
            token => HandleAsync(run, [stored], end, unparked, token), failedBefore, cancellationToken).ConfigureAwait(false);
        return failure is { Error: HandlerFailedException { InnerException: { } cause } } ? failure with { Error = cause } : failure;
    }

    /// <summary>One transaction.</summary>
    private async Task HandleAsync(
        ActiveRun run,
        IReadOnlyList<StoredEvent> events,
        CheckpointPosition end,
        long? unparked,
        CancellationToken cancellationToken,
        Parking? parking = null)
    {
        var parked = new List<Parking>();
        var scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            var db = scope.ServiceProvider.GetRequiredService<TContext>();
            var handler = scope.ServiceProvider.GetRequiredService<THandler>();
            try
            {
                await RunAsync(db, handler).ConfigureAwait(false);
            }
            catch (Exception error) when (IsOfTheTransaction(error))
            {
                throw new TransactionBrokenException(error);
            }
        }

        run.Lease.Position = end;

        Task RunAsync(TContext db, THandler handler) =>
            db.Database.CreateExecutionStrategy().ExecuteAsync(
                async token =>
                {
                    // An attempt of the strategy before this one may have left entities whose rows were rolled back.
                    db.ChangeTracker.Clear();
                    parked.Clear();
                    if (parking is not null)
                    {
                        parked.Add(parking);
                    }

                    var transaction = await db.Database.BeginTransactionAsync(token).ConfigureAwait(false);
                    await using (transaction.ConfigureAwait(false))
                    {
                        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
                        await EndWhenFrozenAsync(connection, run.LeaseDuration, token).ConfigureAwait(false);
                        await HandleAllAsync(run, handler, db, events, parked, replayed: unparked is not null, token).ConfigureAwait(false);

                        var write = new CheckpointWrite(end) { Parked = parked, Unparked = unparked };
                        await CheckpointTable.SaveAsync(connection, run.Lease, write, token).ConfigureAwait(false);
                        await transaction.CommitAsync(token).ConfigureAwait(false);
                    }
                },
                cancellationToken);

        static bool IsOfTheTransaction(Exception error) =>
            error is not (HandlerFailedException or UnknownEventTypeException or DeposedException or OperationCanceledException);
    }

    private static async Task HandleAllAsync(
        ActiveRun run,
        THandler handler,
        TContext db,
        IReadOnlyList<StoredEvent> events,
        List<Parking> parked,
        bool replayed,
        CancellationToken cancellationToken)
    {
        var index = 0;
        try
        {
            for (; index < events.Count; index++)
            {
                var stored = events[index];
                if (!replayed && run.Behind(stored) is { } behind)
                {
                    parked.Add(behind);
                }
                else if (!run.Retries.Ignores(stored))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    run.Retries.RequireKnown(stored);
                    await run.Signals.HandleAsync(stored, () => handler.HandleAsync(stored, db, cancellationToken)).ConfigureAwait(false);
                }
            }

            await db.SaveChangesAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (UnknownEventTypeException) when (events.Count == 1)
        {
            throw;
        }
        catch (Exception error) when (HandlerErrors.IsTheHandlers(error, cancellationToken)
            && db.Database.GetDbConnection().State == ConnectionState.Open)
        {
            // A statement that ran out of time on a connection that is still whole was slow; on one that broke, nobody answered.
            throw new HandlerFailedException(index < events.Count ? index : null, error);
        }
    }

    /// <summary>
    /// A process that is frozen in here would keep its rows locked, and whoever takes over would wait for it: the server ends its session
    /// after as long as the lease. Held by the transaction alone.
    /// </summary>
    private static async Task EndWhenFrozenAsync(NpgsqlConnection connection, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        await using var command = Sql.Command(
            connection,
            "SELECT set_config('idle_in_transaction_session_timeout', $1, true)",
            Sql.Text(((long)leaseDuration.TotalMilliseconds).ToString(CultureInfo.InvariantCulture)));
        await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async Task<(long System, long Database)> DatabaseAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(DatabaseSql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    private SubscriptionException Elsewhere(string where) => new(
        name,
        $"Subscription '{name}' saves its checkpoint in the transaction of {typeof(TContext).Name}, but that context {where}, not to the "
            + $"{connections.Target} of the event store. Give both the same database, or use a handler without the context.");

    /// <summary>Events that share a transaction, with the checkpoint behind them.</summary>
    private sealed record Segment(IReadOnlyList<StoredEvent> Events, CheckpointPosition End)
    {
        /// <summary>What the single event threw as part of a larger batch.</summary>
        internal Exception? FailedBefore { get; init; }

        /// <summary>Those before the one that failed, that one, those behind; each alone where saving failed and nobody knows which.</summary>
        internal IEnumerable<Segment> Apart(HandlerFailedException failed)
        {
            if (failed.Index is not { } index)
            {
                return Enumerable.Range(0, Events.Count).Select(each => Part(each, each + 1));
            }

            Segment[] parts = [Part(0, index), Part(index, index + 1) with { FailedBefore = failed.InnerException }, Part(index + 1, Events.Count)];
            return parts.Where(part => part.Events.Count > 0);
        }

        private Segment Part(int from, int to) => new(
            [.. Events.Skip(from).Take(to - from)],
            to == Events.Count || to == 0 ? End : new CheckpointPosition(Events[to - 1].Version.Value, Events[to - 1].Id));
    }

    /// <summary>The handler threw, or saving what it did.</summary>
    private sealed class HandlerFailedException(int? index, Exception cause) : Exception(cause.Message, cause)
    {
        /// <summary>At which event; null while saving.</summary>
        internal int? Index => index;
    }
}
