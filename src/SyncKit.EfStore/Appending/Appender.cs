using System.Data;
using Npgsql;
using SyncKit.EfStore.Diagnostics;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Appending;

/// <summary>
/// Appends: insert, and where nothing went in, find out why. Writes rows and nothing else: telling is the trigger's business, or the
/// notifier's.
/// </summary>
internal sealed class Appender(EventStoreConnections connections, CommitNotifier notifier, EventStoreMetrics metrics)
{
    // Under READ COMMITTED only a writer that takes no lock (a COPY with stream versions of its own, say) can make an append lose a race.
    // A flood of them wins twenty times in a row now and then (seen), a thousand times never.
    private const int MaxRaces = 1_000;

    internal async Task<AppendResult> AppendAsync(AppendRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await connections.OpenAsync(cancellationToken).ConfigureAwait(false);
            var result = await AppendAsync(connection, request, cancellationToken).ConfigureAwait(false);
            if (!result.AlreadyStored)
            {
                notifier.Committed(result.Events);
            }

            metrics.Appended(result);
            return result;
        }
        catch (Exception error) when (PostgresErrors.Describes(error))
        {
            throw PostgresErrors.Translate(error, connections.Target);
        }
        catch (WrongExpectedVersionException)
        {
            metrics.Conflict();
            throw;
        }
    }

    private async Task<AppendResult> AppendAsync(
        NpgsqlConnection connection, AppendRequest request, CancellationToken cancellationToken)
    {
        PostgresException? race = null;
        for (var races = 0; ; races++)
        {
            try
            {
                var appended = races == 0
                    ? await AppendStatement.TryInsertAsync(connection, request, notifier.Quiet, cancellationToken).ConfigureAwait(false)
                    : await TryInsertReadCommittedAsync(connection, request, cancellationToken).ConfigureAwait(false);
                if (appended is not null)
                {
                    return new AppendResult(appended, AlreadyStored: false);
                }

                var (stored, heads) = await AppendStatement.LookUpAsync(connection, request, cancellationToken).ConfigureAwait(false);
                if (FirstResult(request, stored) is { } result)
                {
                    return result;
                }

                ThrowIfElsewhere(request, heads, race);

                // What stood in the way is gone: the other writer rolled back, or moved the stream to where it is expected.
            }
            catch (PostgresException error) when (PostgresErrors.IsRace(error) && races < MaxRaces)
            {
                // Whoever won has committed: the next attempt inserts nothing and finds out why, or goes behind him.
                race = error;
            }
        }
    }

    /// <summary>
    /// Where the database's default isolation is stricter, the snapshot is older than the locks and an append that expects nothing can
    /// lose again and again. So a repetition asks for READ COMMITTED, which costs it a round trip for the COMMIT.
    /// </summary>
    private async Task<IReadOnlyList<AppendedEvent>?> TryInsertReadCommittedAsync(
        NpgsqlConnection connection, AppendRequest request, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken).ConfigureAwait(false);
        var appended = await AppendStatement.TryInsertAsync(connection, request, notifier.Quiet, cancellationToken).ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        return appended;
    }

    /// <summary>The places of an append that was made before; null where nothing of it is stored.</summary>
    /// <exception cref="DuplicateEventException">Part of it is, or other content under its ids.</exception>
    private static AppendResult? FirstResult(AppendRequest request, IReadOnlyList<StoredMatch> stored)
    {
        if (stored.All(match => !match.IsStored))
        {
            return null;
        }

        if (stored.All(match => match.IsStored && match.IsEqual))
        {
            return new AppendResult(
                [.. stored.Zip(request.Events, (match, given) =>
                    new AppendedEvent(given.Id, given.AggregateId, new EventVersion(match.Version), match.StreamVersion))],
                AlreadyStored: true);
        }

        var ids = stored.Zip(request.Events, (match, given) => (match, given.Id)).Where(pair => pair.match.IsStored).ToList();
        throw new DuplicateEventException(
            [.. ids.Where(pair => pair.match.IsEqual).Select(pair => pair.Id)],
            [.. ids.Where(pair => !pair.match.IsEqual).Select(pair => pair.Id)]);
    }

    private static void ThrowIfElsewhere(AppendRequest request, IReadOnlyList<long> heads, Exception? race)
    {
        for (var i = 0; i < heads.Count; i++)
        {
            if (!request.Expected[i].Holds(heads[i]))
            {
                throw new WrongExpectedVersionException(request.Streams[i], request.Expected[i], heads[i], race);
            }
        }
    }
}
