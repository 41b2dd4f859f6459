using Npgsql;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Copying;

/// <summary>Has the server read events as it would to store them, and says what it finds. Writes nothing.</summary>
internal static class CopyTrial
{
    internal static async Task<EventCopyOutcome> RunAsync(
        NpgsqlConnection connection, IReadOnlyList<SourceEvent> events, CancellationToken cancellationToken)
    {
        var refused = new List<RefusedEvent>();
        var stored = await RunAsync(connection, new CopyPart(events, events[^1]), refused, cancellationToken).ConfigureAwait(false);
        return new EventCopyOutcome(events.Count - stored - refused.Count, stored, refused);
    }

    /// <returns>How many are stored with equal content.</returns>
    private static async Task<long> RunAsync(
        NpgsqlConnection connection, CopyPart part, List<RefusedEvent> refused, CancellationToken cancellationToken)
    {
        try
        {
            var stored = await CopyRows.FindAsync(connection, part, cancellationToken).ConfigureAwait(false);
            refused.AddRange(stored.Where(one => !one.Value.IsEqual).Select(one => one.Key).Order()
                .Select(place => new RefusedEvent(part[place], CopyRules.OtherContent)));
            return stored.Values.Count(one => one.IsEqual);
        }
        catch (PostgresException error) when (PostgresErrors.IsRefusal(error) && part.Count == 1)
        {
            refused.Add(new RefusedEvent(part[0], PostgresErrors.Refused(error).Message));
            return 0;
        }
        catch (PostgresException error) when (PostgresErrors.IsRefusal(error))
        {
            // One of them is refused and nothing says which: each half is asked for itself.
        }

        return await RunAsync(connection, part.First(part.Count / 2), refused, cancellationToken).ConfigureAwait(false)
            + await RunAsync(connection, part.Without(part.Count / 2), refused, cancellationToken).ConfigureAwait(false);
    }
}
