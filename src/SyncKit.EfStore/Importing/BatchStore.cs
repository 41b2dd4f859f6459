using System.Security.Cryptography;
using System.Text;

namespace SyncKit.EfStore.Importing;

/// <summary>Stores batches in order, leaves out what is stored already, and finds the event that stands in the way. Not thread safe.</summary>
internal sealed class BatchStore(IEventStore store)
{
    // Hashes instead of names: eight bytes a stream, however long its name. Two of ten million meet once in 300,000 imports.
    private readonly HashSet<long> _streams = [];

    internal long Stored { get; private set; }

    internal long Skipped { get; private set; }

    internal long Streams => _streams.Count;

    /// <exception cref="ImportException">An event cannot be stored; those before it are.</exception>
    internal async Task StoreAsync(IReadOnlyList<NumberedEvent> events, CancellationToken cancellationToken)
    {
        while (events.Count > 0)
        {
            try
            {
                Count(await store.StoreAsync([.. events.Select(numbered => numbered.Event)], cancellationToken).ConfigureAwait(false));
                return;
            }
            catch (DuplicateEventException duplicates) when (duplicates.ConflictingIds.Count > 0)
            {
                await StoreBeforeConflictAsync(events, duplicates, cancellationToken).ConfigureAwait(false);
            }
            catch (DuplicateEventException duplicates) when (duplicates.StoredIds.Count > 0)
            {
                var stored = duplicates.StoredIds.ToHashSet(StringComparer.Ordinal);
                var rest = events.Where(numbered => !stored.Contains(numbered.Event.Id)).ToList();
                Skipped += events.Count - rest.Count;
                events = rest;
            }
            catch (InvalidInputException refused)
            {
                if (events.Count == 1)
                {
                    throw Stop(events[0], refused.Message, refused);
                }

                // One of them is refused and nothing says which: halve until it stands alone, with all before it stored.
                var half = events.Count / 2;
                await StoreAsync([.. events.Take(half)], cancellationToken).ConfigureAwait(false);
                events = [.. events.Skip(half)];
            }
        }
    }

    private async Task StoreBeforeConflictAsync(
        IReadOnlyList<NumberedEvent> events, DuplicateEventException duplicates, CancellationToken cancellationToken)
    {
        var conflicting = duplicates.ConflictingIds.ToHashSet(StringComparer.Ordinal);
        var before = events.TakeWhile(numbered => !conflicting.Contains(numbered.Event.Id)).ToList();
        if (before.Count == events.Count)
        {
            throw new InvalidOperationException("Bug in SyncKit.EfStore: a store refused ids that were not given to it.", duplicates);
        }

        await StoreAsync(before, cancellationToken).ConfigureAwait(false);
        var first = events[before.Count];
        throw Stop(first, $"The id '{InputRules.Shorten(first.Event.Id)}' is already stored with other content.", duplicates);
    }

    private void Count(AppendResult result)
    {
        if (result.AlreadyStored)
        {
            Skipped += result.Events.Count;
            return;
        }

        Stored += result.Events.Count;
        foreach (var appended in result.Events)
        {
            _streams.Add(BitConverter.ToInt64(SHA256.HashData(Encoding.UTF8.GetBytes(appended.AggregateId))));
        }
    }

    private ImportException Stop(NumberedEvent at, string problem, Exception error) => new(at.Line, problem, Stored, Skipped, error);
}
