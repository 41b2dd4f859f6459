using System.Transactions;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Appending.DbContexts;

/// <summary>Finds out what a failed save of events means. Completes synchronously where <c>async</c> is false.</summary>
internal static class SaveFailure
{
    /// <summary>Our exception for it; null where it is not about the events.</summary>
    internal static async ValueTask<EventStoreException?> ExplainAsync(
        DbContext context, EventSave save, Exception error, bool async, CancellationToken cancellationToken)
    {
        switch (error)
        {
            // The check threw it inside EF Core, which wraps what a batch throws.
            case DbUpdateException { InnerException: EventStoreException refusal }:
                return refusal;

            // The application's own unique violation too: a repeated save may meet its rows before its events.
            case DbUpdateException { InnerException: PostgresException { SqlState: PostgresErrorCodes.UniqueViolation } violation }:
                return await OnContextAsync(context, save, violation, async, cancellationToken).ConfigureAwait(false)
                    ?? (save.InCallersTransaction
                        ? await AsideAsync(context, save, violation, async, cancellationToken).ConfigureAwait(false)
                        : null);

            default:
                return null;
        }
    }

    /// <summary>Sees what the application's transaction wrote. EF Core has rolled back to its savepoint, or ended its own transaction.</summary>
    private static async ValueTask<EventStoreException?> OnContextAsync(
        DbContext context, EventSave save, PostgresException violation, bool async, CancellationToken cancellationToken)
    {
        var opened = false;
        try
        {
            if (async)
            {
                await context.Database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            }
            else
            {
                context.Database.OpenConnection();
            }

            opened = true;
            var connection = (NpgsqlConnection)context.Database.GetDbConnection();
            var stored = await SaveStatements.For(context).LookUpAsync(connection, save, async, cancellationToken).ConfigureAwait(false);
            return Refusal(save, stored, violation, last: !save.InCallersTransaction);
        }
        catch (NpgsqlException)
        {
            // Without a savepoint the transaction is aborted and answers nothing more; or the connection is gone.
            return null;
        }
        finally
        {
            if (opened && async)
            {
                await context.Database.CloseConnectionAsync().ConfigureAwait(false);
            }
            else if (opened)
            {
                context.Database.CloseConnection();
            }
        }
    }

    /// <summary>Sees what is committed, which a transaction that is aborted or has an old snapshot does not.</summary>
    private static async ValueTask<EventStoreException?> AsideAsync(
        DbContext context, EventSave save, PostgresException violation, bool async, CancellationToken cancellationToken)
    {
        using var unenlisted = new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled);
        var connection = (NpgsqlConnection)((ICloneable)context.Database.GetDbConnection()).Clone();
        try
        {
            if (async)
            {
                await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            }
            else
            {
                connection.Open();
            }

            var stored = await SaveStatements.For(context).LookUpAsync(connection, save, async, cancellationToken).ConfigureAwait(false);
            return Refusal(save, stored, violation, last: true);
        }
        catch (NpgsqlException)
        {
            return null;
        }
        finally
        {
            if (async)
            {
                await connection.DisposeAsync().ConfigureAwait(false);
            }
            else
            {
                connection.Dispose();
            }
        }
    }

    private static EventStoreException? Refusal(EventSave save, StoredPart stored, PostgresException violation, bool last)
    {
        var refusal = stored.Refusal(save, violation);
        if (PostgresErrors.IsUniqueViolation(violation))
        {
            return refusal ?? (last && violation.ConstraintName == SchemaNames.StreamIndex ? stored.Conflict(save, violation) : null);
        }

        return refusal is DuplicateEventException { AllStored: true } ? refusal : null;
    }
}
