using System.Security.Cryptography;
using System.Text;
using Npgsql;
using SyncKit.EfStore.Diagnostics;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Importing;

/// <summary>
/// Stores batches in order. Copies without a question first, since a first import meets no duplicate; where COPY finds one, looks up what
/// is stored and copies the rest, and goes on looking up until a batch is clean. Not thread safe.
/// </summary>
internal sealed class BatchStore(IImportTransactions transactions, ImportOptions options, EventStoreMetrics metrics)
{
    // A long COPY can lose again and again to a writer that takes no locks: after so many losses it is cut in halves, which are shorter.
    private const int RacesBeforeHalving = 3;
    private const int MaxRaces = 1_000;

    // Hashes instead of names: eight bytes a stream, however long its name. Two of ten million meet once in 300,000 imports.
    private readonly HashSet<long> _streams = [];

    private bool _lookUp;

    internal long Stored { get; private set; }

    internal long Skipped { get; private set; }

    internal long Streams => _streams.Count;

    /// <exception cref="ImportException">An event cannot be stored; those before it are.</exception>
    internal Task StoreAsync(EventBatch batch, CancellationToken cancellationToken) =>
        StoreAsync(new BatchPart(batch, 0, batch.Count), cancellationToken);

    /// <summary>Makes everything stay.</summary>
    internal async Task CompleteAsync(CancellationToken cancellationToken)
    {
        await transactions.CompleteAsync(cancellationToken).ConfigureAwait(false);
        if (options.Atomic)
        {
            metrics.Imported(Stored);
        }
    }

    /// <summary>What ends the import at a line, once everything before it went in.</summary>
    internal ImportException Ended(long line, string problem, Exception? error = null) => options switch
    {
        { Atomic: true } => new ImportException(
            line,
            problem,
            0,
            Skipped,
            "Nothing is stored, since the import is one transaction. Correct the line and import the same input again.",
            error),
        { OnConflict: ImportConflict.Stop } => new ImportException(
            line,
            problem,
            Stored,
            Skipped,
            $"Everything before it is stored: {Stored} events. Correct the input; then import only the rest, or everything, skipping what is stored.",
            error),
        _ => new ImportException(line, problem, Stored, Skipped, error),
    };

    private async Task StoreAsync(BatchPart part, CancellationToken cancellationToken)
    {
        for (var races = 0; ;)
        {
            try
            {
                var copied = await transactions.RunAsync(connection => CopyAsync(connection, part, cancellationToken), cancellationToken)
                    .ConfigureAwait(false);
                Count(copied);
                if (copied.InTheWay is { } stopped)
                {
                    throw Ended(stopped.Line, Taken(stopped.Event.Id));
                }

                return;
            }
            catch (PostgresException error) when (!_lookUp && PostgresErrors.IsTakenId(error))
            {
                _lookUp = true;
                continue;
            }
            catch (PostgresException error) when (PostgresErrors.IsRace(error) && races < MaxRaces)
            {
                races++;
                if (races < RacesBeforeHalving || part.Count == 1)
                {
                    continue;
                }
            }
            catch (PostgresException error) when (PostgresErrors.IsRefusal(error))
            {
                // One of them is refused and nothing says which: halve until it stands alone, with all before it stored.
                if (part.Count == 1)
                {
                    throw Ended(part.First.Line, PostgresErrors.Refused(error).Message, error);
                }
            }

            await StoreAsync(part.FirstHalf, cancellationToken).ConfigureAwait(false);
            part = part.SecondHalf;
            races = 0;
        }
    }

    /// <summary>Copies what is not stored, up to the event that stands in the way.</summary>
    private async Task<Copied> CopyAsync(NpgsqlConnection connection, BatchPart part, CancellationToken cancellationToken)
    {
        var state = await CopyStatement.LookAsync(connection, part, transactions.LocksStreams, _lookUp, cancellationToken).ConfigureAwait(false);
        var inTheWay = state.Stored
            .Where(stored => !stored.Value || options.OnConflict == ImportConflict.Stop)
            .Select(stored => (int?)stored.Key)
            .Min();
        var before = part with { To = inTheWay ?? part.To };
        var skipped = state.Stored.Keys.Count(place => place < before.To);
        var heads = state.Heads.ToArray();
        if (skipped < before.Count)
        {
            await CopyStatement.CopyAsync(connection, before, state, heads, cancellationToken).ConfigureAwait(false);
        }

        var streams = part.Batch.Streams.Where((_, i) => heads[i] > state.Heads[i]);
        return new Copied(before.Count - skipped, skipped, streams, inTheWay is { } place ? part.Batch[place] : null);
    }

    private void Count(Copied copied)
    {
        Stored += copied.Stored;
        Skipped += copied.Skipped;
        _lookUp = copied.Skipped > 0;
        foreach (var stream in copied.Streams)
        {
            _streams.Add(BitConverter.ToInt64(SHA256.HashData(Encoding.UTF8.GetBytes(stream))));
        }

        if (!options.Atomic)
        {
            metrics.Imported(copied.Stored);
        }
    }

    private string Taken(string id) => options.OnConflict == ImportConflict.Stop
        ? $"The id '{InputRules.Shorten(id)}' is already stored."
        : $"The id '{InputRules.Shorten(id)}' is already stored with other content.";

    /// <param name="Stored">How many events were copied.</param>
    /// <param name="Skipped">How many were stored before.</param>
    /// <param name="Streams">Where the copied ones went.</param>
    /// <param name="InTheWay">The event that must not be stored, with all before it done.</param>
    private sealed record Copied(int Stored, int Skipped, IEnumerable<string> Streams, NumberedEvent? InTheWay);
}
