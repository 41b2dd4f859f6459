using Microsoft.Data.Sqlite;
using SyncKit.EfStore.Sqlite.Storage;

namespace SyncKit.EfStore.Sqlite.Copying;

/// <summary>Writes a copy into the file: each batch a transaction, or all of them one.</summary>
internal sealed class CopyWriter(EventFile file, HeldWrite? held, EventCopyStart start, VersionRun? last) : IEventCopyWriter
{
    // Within a held transaction a batch must be able to go back alone.
    private const string Savepoint = "batch";

    private EventCopyRecord? _record = start.GoOn;
    private VersionRun? _last = last;

    public async Task<EventCopyOutcome> WriteAsync(EventCopyBatch batch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var written = held is null
            ? await file.WriteAsync(connection => Write(connection, batch), cancellationToken).ConfigureAwait(false)
            : await held.RunAsync(connection => Write(connection, batch), cancellationToken).ConfigureAwait(false);
        (_record, _last) = (written.Record, written.Last);
        return written.Outcome;
    }

    public Task CompleteAsync(CancellationToken cancellationToken = default) => held?.CommitAsync(cancellationToken) ?? Task.CompletedTask;

    public ValueTask DisposeAsync() => held?.DisposeAsync() ?? ValueTask.CompletedTask;

    private Written Write(SqliteConnection connection, EventCopyBatch batch)
    {
        connection.Execute($"SAVEPOINT {Savepoint}");
        var (copied, stored, refused) = (0L, 0L, new List<RefusedEvent>());
        var runs = _last is { } last ? new List<VersionRun> { last } : [];
        using (var rows = CopyRows.ForWriting(connection, batch.Events))
        {
            foreach (var one in batch.Events)
            {
                if (rows.Insert(one, start.KeepVersions ? one.Version : null) is { } version)
                {
                    copied++;
                    VersionRun.Add(runs, one.Version, version);
                }
                else if (rows.Find(one) is { IsEqual: true } match)
                {
                    stored++;
                    VersionRun.Add(runs, one.Version, match.Version);
                }
                else
                {
                    refused.Add(new RefusedEvent(one, CopyRules.OtherContent));
                }
            }
        }

        if (refused.Count > 0)
        {
            connection.Execute($"ROLLBACK TO {Savepoint}");
            return new Written(new EventCopyOutcome(0, 0, refused), _record, _last);
        }

        var record = CopyRecords.Move(connection, start, _record, batch.Passed) ?? throw CopyRules.MovedOn();
        CopyRecords.Write(connection, record.CopyId, runs);
        connection.Execute($"RELEASE {Savepoint}");
        return new Written(new EventCopyOutcome(copied, stored, []), record, runs.Count > 0 ? runs[^1] : null);
    }

    private sealed record Written(EventCopyOutcome Outcome, EventCopyRecord? Record, VersionRun? Last);
}
