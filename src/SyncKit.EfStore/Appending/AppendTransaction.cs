using Npgsql;
using SyncKit.EfStore.Diagnostics;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Appending;

/// <summary>
/// One transaction for several appends. Each gets its own answer, and none before the commit. Throws where the transaction failed as a whole:
/// then nobody is answered, and nothing is stored unless <see cref="PendingAppend.MayBeStored"/> says so.
/// </summary>
internal sealed class AppendTransaction(EventStoreConnections connections, CommitNotifier notifier, EventStoreMetrics metrics)
{
    private const string ErrorSeverity = "ERROR";

    /// <summary>Those that could not be decided: <c>Busy</c> wait for a stream somebody holds, <c>Again</c> for one of the group.</summary>
    internal readonly record struct Undecided(IReadOnlyList<PendingAppend> Busy, IReadOnlyList<PendingAppend> Again)
    {
        internal static readonly Undecided None = new([], []);
    }

    /// <param name="group">In the order of the calls.</param>
    /// <param name="patient">Waits for what others hold, instead of giving up at once.</param>
    /// <param name="race">What undid the attempt before, if anything did.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    internal async Task<Undecided> RunAsync(
        IReadOnlyList<PendingAppend> group, bool patient, PostgresException? race, CancellationToken cancellationToken)
    {
        using var span = group.Count > 1 ? EventStoreTracing.StartGroup(group.Select(append => append.Trace), group.Count) : null;
        await using var connection = await connections.OpenAsync(cancellationToken).ConfigureAwait(false);
        return race is null && await TryShortWayAsync(connection, group, patient, cancellationToken).ConfigureAwait(false)
            ? Undecided.None
            : await RunAsync(connection, group, patient, race, ambient: false, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Joins the ambient transaction: what it answers is stored when that one commits.</summary>
    internal async Task RunAmbientAsync(PendingAppend append, CancellationToken cancellationToken)
    {
        await using var connection = await connections.OpenAsync(cancellationToken).ConfigureAwait(false);
        await RunAsync(connection, [append], patient: true, race: null, ambient: true, cancellationToken).ConfigureAwait(false);
    }

    private async Task<bool> TryShortWayAsync(
        NpgsqlConnection connection, IReadOnlyList<PendingAppend> group, bool patient, CancellationToken cancellationToken)
    {
        if (group is not [{ Request: { Events: [var only], Expected: [var expected] } } alone])
        {
            return false;
        }

        var appended = await CommittingAsync(
            group,
            () => SingleStatement.TryAppendAsync(
                connection, connections.SessionsCareForPlans, only, expected, patient, notifier.Quiet, cancellationToken)).ConfigureAwait(false);
        if (appended is null)
        {
            return false;
        }

        metrics.Committed(1);
        notifier.Committed([appended]);
        Answer(alone, new AppendResult([appended], AlreadyStored: false));
        return true;
    }

    private async Task<Undecided> RunAsync(
        NpgsqlConnection connection,
        IReadOnlyList<PendingAppend> group,
        bool patient,
        PostgresException? race,
        bool ambient,
        CancellationToken cancellationToken)
    {
        string[] streams = [.. group.SelectMany(append => append.Request.Streams).Distinct(StringComparer.Ordinal)];
        string[] ids = [.. group.SelectMany(append => append.Request.Events).Select(e => e.Id).Distinct(StringComparer.Ordinal)];
        var now = await AppendStatement.BeginAsync(
            connection, streams, ids, patient, quiet: notifier.Quiet && !ambient, begin: !ambient, cancellationToken).ConfigureAwait(false);
        var plan = GroupPlan.Make(group, now, race);

        IReadOnlyList<StoredMatch> stored = [];
        if (plan.Repeated.Count > 0)
        {
            EventData[] repeated = [.. plan.Repeated.SelectMany(append => append.Request.Events)];
            stored = await AppendStatement.LookUpAsync(connection, repeated, cancellationToken).ConfigureAwait(false);
        }

        long[] versions = [];
        if (plan.Accepted.Count > 0)
        {
            EventData[] events = [.. plan.Accepted.SelectMany(accepted => accepted.Append.Request.Events)];
            long[] places = [.. plan.Accepted.SelectMany(accepted => accepted.StreamVersions)];
            versions = await CommittingAsync(
                plan.Accepted.Select(accepted => accepted.Append),
                () => AppendStatement.InsertAsync(connection, events, places, commit: !ambient, cancellationToken)).ConfigureAwait(false);
        }
        else if (!ambient)
        {
            await AppendStatement.EndAsync(connection, cancellationToken).ConfigureAwait(false);
        }

        AnswerAccepted(plan.Accepted, versions);
        AnswerRepeated(plan.Repeated, stored);
        foreach (var (append, error) in plan.Refused)
        {
            metrics.Conflict();
            append.Fail(error);
        }

        return new Undecided(plan.Busy, plan.Again);
    }

    /// <summary>Keeps book of what may be stored although no answer came.</summary>
    private static async Task<T> CommittingAsync<T>(IEnumerable<PendingAppend> appends, Func<Task<T>> commit)
    {
        // What an earlier attempt left open stays open, however this one ends.
        PendingAppend[] opened = [.. appends.Where(append => !append.MayBeStored)];
        Set(mayBeStored: true);
        try
        {
            var result = await commit().ConfigureAwait(false);
            Set(mayBeStored: false);
            return result;
        }
        catch (PostgresException error) when (error.InvariantSeverity == ErrorSeverity)
        {
            // The server rolled back and said so. A FATAL one, a terminated backend, may come after the commit.
            Set(mayBeStored: false);
            throw;
        }

        void Set(bool mayBeStored)
        {
            foreach (var append in opened)
            {
                append.MayBeStored = mayBeStored;
            }
        }
    }

    private void AnswerAccepted(List<(PendingAppend Append, long[] StreamVersions)> accepted, long[] versions)
    {
        var next = 0;
        var all = new List<AppendedEvent>(versions.Length);
        var answers = new List<(PendingAppend Append, AppendedEvent[] Events)>(accepted.Count);
        foreach (var (append, places) in accepted)
        {
            var events = new AppendedEvent[places.Length];
            for (var i = 0; i < events.Length; i++)
            {
                var given = append.Request.Events[i];
                events[i] = new AppendedEvent(given.Id, given.AggregateId, new EventVersion(versions[next++]), places[i]);
            }

            all.AddRange(events);
            answers.Add((append, events));
        }

        if (accepted.Count > 0)
        {
            metrics.Committed(accepted.Count);
        }

        notifier.Committed(all);
        foreach (var (append, events) in answers)
        {
            Answer(append, new AppendResult(events, AlreadyStored: false));
        }
    }

    private void AnswerRepeated(List<PendingAppend> repeated, IReadOnlyList<StoredMatch> stored)
    {
        var next = 0;
        foreach (var append in repeated)
        {
            var matches = stored.Skip(next).Take(append.Request.Events.Count).ToList();
            next += matches.Count;
            if (matches.TrueForAll(match => match is { IsStored: true, IsEqual: true }))
            {
                AppendedEvent[] events = [.. matches.Zip(append.Request.Events, (match, given) =>
                    new AppendedEvent(given.Id, given.AggregateId, new EventVersion(match.Version), match.StreamVersion))];
                if (append.MayBeStored)
                {
                    notifier.Committed(events);
                }

                Answer(append, new AppendResult(events, AlreadyStored: !append.MayBeStored));
            }
            else
            {
                append.Fail(Refusal(append.Request.Events, matches));
            }
        }
    }

    /// <summary>Part of it is stored, or other content under its ids.</summary>
    private static DuplicateEventException Refusal(IReadOnlyList<EventData> events, List<StoredMatch> matches)
    {
        var ids = matches.Zip(events, (match, given) => (match, given.Id)).Where(pair => pair.match.IsStored).ToList();
        return new DuplicateEventException(
            [.. ids.Where(pair => pair.match.IsEqual).Select(pair => pair.Id)],
            [.. ids.Where(pair => !pair.match.IsEqual).Select(pair => pair.Id)]);
    }

    private void Answer(PendingAppend append, AppendResult result)
    {
        metrics.Appended(result);
        append.Succeed(result);
    }
}
