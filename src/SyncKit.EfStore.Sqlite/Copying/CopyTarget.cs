using Microsoft.Data.Sqlite;
using SyncKit.EfStore.Sqlite.Storage;

namespace SyncKit.EfStore.Sqlite.Copying;

/// <summary>The file as the target of copies.</summary>
internal sealed class CopyTarget(EventFile file)
{
    // A writer of the file waits no longer than such a batch takes.
    internal const int MaxEvents = 5_000;
    internal const long MaxBytes = 16 * 1024 * 1024;

    internal Task<IReadOnlyList<EventCopyRecord>> FindCopiesAsync(string source, CancellationToken cancellationToken) =>
        OfWhatIsThereAsync(connection => CopyRecords.Find(connection, source), [], cancellationToken);

    internal Task<EventCopyOutcome> TryAsync(IReadOnlyList<SourceEvent> events, CancellationToken cancellationToken) =>
        OfWhatIsThereAsync(connection => Try(connection, events), new EventCopyOutcome(events.Count, 0, []), cancellationToken);

    internal async Task<IEventCopyWriter> BeginAsync(EventCopyStart start, CancellationToken cancellationToken)
    {
        if (!start.KeepVersions)
        {
            var last = await file.WriteAsync(connection => Prepare(connection, start), cancellationToken).ConfigureAwait(false);
            return new CopyWriter(file, held: null, start, last);
        }

        var held = await file.HoldWriteAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var last = await held.RunAsync(
                connection =>
                {
                    var run = Prepare(connection, start);
                    RequireOwnEventsOnly(connection, start, run);
                    return run;
                },
                cancellationToken).ConfigureAwait(false);
            return new CopyWriter(file, held, start, last);
        }
        catch
        {
            await held.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static VersionRun? Prepare(SqliteConnection connection, EventCopyStart start)
    {
        connection.Execute(SchemaNames.CreateCopiesSql);
        return start.GoOn is { } record ? CopyRecords.LastRun(connection, record.CopyId) : null;
    }

    private static void RequireOwnEventsOnly(SqliteConnection connection, EventCopyStart start, VersionRun? last)
    {
        var own = CopyRules.Last(start.GoOn, last);
        var highest = connection.Rows($"SELECT max(version) FROM {SchemaNames.EventsTable}", row => row.IsDBNull(0) ? 0 : row.GetInt64(0))[0];
        if (highest != own)
        {
            throw CopyRules.Taken(highest);
        }
    }

    private static EventCopyOutcome Try(SqliteConnection connection, IReadOnlyList<SourceEvent> events)
    {
        using var finder = CopyRows.Finder(connection);
        var (copied, stored, refused) = (0L, 0L, new List<RefusedEvent>());
        foreach (var one in events)
        {
            switch (CopyRows.Find(finder, one))
            {
                case { IsStored: false }:
                    copied++;
                    break;
                case { IsEqual: true }:
                    stored++;
                    break;
                default:
                    refused.Add(new RefusedEvent(one, CopyRules.OtherContent));
                    break;
            }
        }

        return new EventCopyOutcome(copied, stored, refused);
    }

    /// <summary>A file that is not there yet holds nothing.</summary>
    private async Task<T> OfWhatIsThereAsync<T>(Func<SqliteConnection, T> read, T ofNothing, CancellationToken cancellationToken)
    {
        try
        {
            return await file.ReadAsync(read, cancellationToken).ConfigureAwait(false);
        }
        catch (EventStoreUnavailableException error) when (error.Reason is UnavailableReason.DatabaseMissing or UnavailableReason.SchemaMissing)
        {
            return ofNothing;
        }
    }
}
