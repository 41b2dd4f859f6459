using Npgsql;
using SyncKit.EfStore.Diagnostics;
using SyncKit.EfStore.Importing;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Copying;

/// <summary>
/// Writes a copy into the database. Copies without a question first; where COPY finds a stored id, looks up what is stored and copies the rest, and
/// goes on looking up until a batch is clean. Each part records how far it got in its own transaction.
/// </summary>
internal sealed class CopyWriter(
    EventStoreConnections connections,
    IImportTransactions transactions,
    EventStoreMetrics metrics,
    Func<CancellationToken, ValueTask> whenObserversJoined,
    EventCopyStart start) : IEventCopyWriter
{
    // A long COPY can lose again and again to a writer that takes no locks: after so many losses it is cut in halves, which are shorter.
    private const int RacesBeforeHalving = 3;
    private const int MaxRaces = 1_000;

    private EventCopyRecord? _record = start.GoOn;
    private VersionRun? _last;
    private bool _reserved;
    private bool _lookUp;
    private long _copied;

    /// <summary>Reads where it goes on, and refuses where versions cannot be kept.</summary>
    internal Task BeginAsync(CancellationToken cancellationToken) => connections.TranslateAsync(async () =>
    {
        if (start.KeepVersions)
        {
            _last = await transactions.RunAsync(
                async connection =>
                {
                    var last = await CopyRecords.LastRunAsync(connection, _record, cancellationToken).ConfigureAwait(false);
                    var highest = await CopyRows.HighestAsync(connection, cancellationToken).ConfigureAwait(false);
                    return highest == CopyRules.Last(_record, last) ? last : throw CopyRules.Taken(highest);
                },
                cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await using var connection = await connections.OpenUnenlistedAsync(cancellationToken).ConfigureAwait(false);
            _last = await CopyRecords.LastRunAsync(connection, _record, cancellationToken).ConfigureAwait(false);
        }
    });

    public async Task<EventCopyOutcome> WriteAsync(EventCopyBatch batch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        await whenObserversJoined(cancellationToken).ConfigureAwait(false);

        // What a batch wrote that was torn by other writers and came to a refusal then.
        var position = _record?.Position.Value ?? 0;
        var part = new CopyPart([.. batch.Events.SkipWhile(one => one.Version <= position)], batch.Passed);
        return await connections.TranslateAsync(() => WriteAsync(part, cancellationToken)).ConfigureAwait(false);
    }

    public async Task CompleteAsync(CancellationToken cancellationToken = default)
    {
        await whenObserversJoined(cancellationToken).ConfigureAwait(false);
        await connections.TranslateAsync(() => transactions.CompleteAsync(cancellationToken)).ConfigureAwait(false);
        if (start.KeepVersions)
        {
            metrics.Imported(_copied);
        }
    }

    public ValueTask DisposeAsync() => transactions.DisposeAsync();

    private async Task<EventCopyOutcome> WriteAsync(CopyPart part, CancellationToken cancellationToken)
    {
        for (var races = 0; ;)
        {
            try
            {
                var written = await transactions.RunAsync(
                    connection => WriteAsync(connection, part, cancellationToken), cancellationToken).ConfigureAwait(false);
                Count(written);
                return written.Outcome;
            }
            catch (PostgresException error) when (!_lookUp && PostgresErrors.IsTakenId(error))
            {
                _lookUp = true;
            }
            catch (PostgresException error) when (PostgresErrors.IsRace(error) && races < MaxRaces)
            {
                races++;
                if (races >= RacesBeforeHalving && part.Count > 1)
                {
                    return await WriteHalvesAsync(part, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (PostgresException error) when (PostgresErrors.IsRefusal(error) && part.Count > 0)
            {
                // One of them is refused and nothing says which.
                var outcome = await transactions.RunAsync(
                    connection => CopyTrial.RunAsync(connection, part.Events(), cancellationToken), cancellationToken).ConfigureAwait(false);
                if (outcome.Refused.Count == 0)
                {
                    throw;
                }

                return outcome with { Copied = 0, AlreadyStored = 0 };
            }
        }
    }

    private async Task<EventCopyOutcome> WriteHalvesAsync(CopyPart part, CancellationToken cancellationToken)
    {
        var first = await WriteAsync(part.First(part.Count / 2), cancellationToken).ConfigureAwait(false);
        if (first.Refused.Count > 0)
        {
            return first;
        }

        var second = await WriteAsync(part.Without(part.Count / 2), cancellationToken).ConfigureAwait(false);
        return second with { Copied = first.Copied + second.Copied, AlreadyStored = first.AlreadyStored + second.AlreadyStored };
    }

    /// <summary>Copies what is not stored, and records how far it got; nothing where an event stands in the way.</summary>
    private async Task<Written> WriteAsync(NpgsqlConnection connection, CopyPart part, CancellationToken cancellationToken)
    {
        if (start.KeepVersions && !_reserved)
        {
            await CopyRows.ReserveAsync(connection, start.UpTo, cancellationToken).ConfigureAwait(false);
        }

        var runs = _last is { } last ? new List<VersionRun> { last } : [];
        var outcome = new EventCopyOutcome(0, 0, []);
        if (part.Count > 0)
        {
            var state = await CopyRows.LookAsync(connection, part, transactions.LocksStreams, _lookUp, draw: !start.KeepVersions, cancellationToken)
                .ConfigureAwait(false);
            RefusedEvent[] refused =
            [
                .. state.Stored.Where(stored => !stored.Value.IsEqual).Select(stored => stored.Key).Order()
                    .Select(place => new RefusedEvent(part[place], CopyRules.OtherContent)),
            ];
            if (refused.Length > 0)
            {
                return new Written(new EventCopyOutcome(0, 0, refused), _record, _last);
            }

            var versions = await VersionsAsync(connection, part, state, cancellationToken).ConfigureAwait(false);
            await CopyRows.CopyAsync(connection, part, state, versions, cancellationToken).ConfigureAwait(false);
            for (var place = 0; place < part.Count; place++)
            {
                VersionRun.Add(runs, part[place].Version, versions[place]);
            }

            outcome = new EventCopyOutcome(part.Count - state.Stored.Count, state.Stored.Count, []);
        }

        var record = await CopyRecords.MoveAsync(connection, start, _record, part.Passed, cancellationToken).ConfigureAwait(false);
        if (runs.Count > 0)
        {
            await CopyRecords.WriteAsync(connection, record.CopyId, runs, cancellationToken).ConfigureAwait(false);
        }

        return new Written(outcome, record, runs.Count > 0 ? runs[^1] : null);
    }

    /// <summary>The version of each event: the one it is stored at, the one it keeps, or one that is drawn.</summary>
    private async Task<long[]> VersionsAsync(NpgsqlConnection connection, CopyPart part, PartState state, CancellationToken cancellationToken)
    {
        if (state.Versions is { } all)
        {
            return all;
        }

        var missing = part.Count - state.Stored.Count;
        var drawn = start.KeepVersions || missing == 0 ? [] : await CopyRows.DrawAsync(connection, missing, cancellationToken).ConfigureAwait(false);
        var versions = new long[part.Count];
        for (int place = 0, next = 0; place < versions.Length; place++)
        {
            versions[place] = state.Stored.TryGetValue(place, out var stored) ? stored.Version
                : start.KeepVersions ? part[place].Version
                : drawn[next++];
        }

        return versions;
    }

    /// <summary>Once it is committed.</summary>
    private void Count(Written written)
    {
        (_record, _last, _reserved) = (written.Record, written.Last, true);
        _lookUp = written.Outcome.AlreadyStored > 0 || written.Outcome.Refused.Count > 0;
        _copied += written.Outcome.Copied;
        if (!start.KeepVersions)
        {
            metrics.Imported(written.Outcome.Copied);
        }
    }

    private sealed record Written(EventCopyOutcome Outcome, EventCopyRecord? Record, VersionRun? Last);
}
