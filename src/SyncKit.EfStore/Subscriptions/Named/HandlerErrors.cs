using Npgsql;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Subscriptions.Named;

/// <summary>Whose fault it is when a handler throws, and how it is told.</summary>
internal static class HandlerErrors
{
    private const int MaxLength = 2_000;

    // A session that was idle in its transaction for longer than the lease was ended by the server: frozen, most likely.
    private const string IdleInTransactionTimeout = "25P03";

    /// <summary>
    /// Whether the database was away or resolved a race, wherever in the chain it says so: then the event is not to blame, and waiting helps.
    /// </summary>
    internal static bool IsPassing(Exception error)
    {
        for (Exception? one = error; one is not null; one = one.InnerException)
        {
            if (PostgresErrors.IsTransient(one)
                || one is TransactionBrokenException
                || one is PostgresException
                {
                    SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or IdleInTransactionTimeout,
                }
                || one is EventStoreUnavailableException { Reason: UnavailableReason.ConnectionLost or UnavailableReason.ServerUnreachable })
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the database cannot be used, or does not answer. Not an exhausted pool, which is this process's own doing.</summary>
    internal static bool IsStoreAway(Exception error) =>
        PostgresErrors.IsTransient(error)
        || PostgresErrors.IsSilence(error)
        || error is EventStoreUnavailableException { Reason: not UnavailableReason.ServerError };

    /// <summary>Whether the handler is to answer for it: not the end of the run, the lease or the database.</summary>
    internal static bool IsTheHandlers(Exception error, CancellationToken cancellationToken) =>
        error is not DeposedException
        && !(error is OperationCanceledException && cancellationToken.IsCancellationRequested)
        && !IsPassing(error);

    /// <summary>Type and message, as a column can hold them: the server takes no NUL and no lone surrogate.</summary>
    internal static string Describe(Exception error)
    {
        var text = $"{error.GetType().Name}: {error.Message}";
        if (error.InnerException is { } inner)
        {
            text += $" ({inner.GetType().Name}: {inner.Message})";
        }

        var cut = text.Length <= MaxLength ? text : text[..MaxLength] + "…";
        return new string([.. cut.Select(character => character == '\0' || char.IsSurrogate(character) ? '\uFFFD' : character)]);
    }
}
