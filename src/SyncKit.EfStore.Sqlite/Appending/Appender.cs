using Microsoft.Data.Sqlite;
using SyncKit.EfStore.Sqlite.Storage;

namespace SyncKit.EfStore.Sqlite.Appending;

/// <summary>
/// Each append is a transaction that holds the file's write lock from before it looks until it has committed: what it decides on nobody changes.
/// </summary>
internal sealed class Appender(EventFile file, TimeProvider time)
{
    internal Task<AppendResult> AppendAsync(AppendRequest request, CancellationToken cancellationToken) =>
        file.WriteAsync(connection => Append(connection, request), cancellationToken);

    private AppendResult Append(SqliteConnection connection, AppendRequest request)
    {
        if (StoredEvents.Find(connection, request.Events) is { } stored)
        {
            return Repeated(connection, request.Events, stored);
        }

        using var places = new PlaceCounter(connection);
        var heads = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var (aggregateId, expected) in request.Expectations)
        {
            var head = places.Count(aggregateId);
            if (!expected.Holds(head))
            {
                throw new WrongExpectedVersionException(aggregateId, expected, head);
            }

            heads.Add(aggregateId, head);
        }

        using var insert = new InsertStatement(connection, time.GetUtcNow());
        AppendedEvent[] appended =
        [
            .. request.Events.Select(given =>
                new AppendedEvent(given.Id, given.AggregateId, new EventVersion(insert.Execute(given)), ++heads[given.AggregateId])),
        ];
        return new AppendResult(appended, AlreadyStored: false);
    }

    /// <summary>All of them, with equal content: the first result. Anything else is refused.</summary>
    private static AppendResult Repeated(SqliteConnection connection, IReadOnlyList<EventData> events, StoredMatch[] stored)
    {
        if (!stored.All(match => match is { IsStored: true, IsEqual: true }))
        {
            var taken = stored.Zip(events, (match, given) => (match, given.Id)).Where(pair => pair.match.IsStored).ToList();
            throw new DuplicateEventException(
                [.. taken.Where(pair => pair.match.IsEqual).Select(pair => pair.Id)],
                [.. taken.Where(pair => !pair.match.IsEqual).Select(pair => pair.Id)]);
        }

        using var places = new PlaceCounter(connection);
        AppendedEvent[] first =
        [
            .. stored.Zip(events, (match, given) => new AppendedEvent(
                given.Id, given.AggregateId, new EventVersion(match.Version), places.Count(given.AggregateId, upTo: match.Version))),
        ];
        return new AppendResult(first, AlreadyStored: true);
    }
}
