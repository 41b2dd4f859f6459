using Npgsql;
using Polly;
using Polly.Retry;
using SyncKit.EfStore.Diagnostics;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Appending;

/// <summary>
/// Sees to it that every append of a group is answered: repeats what a race or a broken connection undid, and takes a group apart until the
/// one that cannot be stored stands alone with its own error.
/// </summary>
internal sealed class Appender(
    AppendTransaction transaction, EventStoreConnections connections, EventStoreMetrics metrics, TimeProvider time)
{
    // Only a writer that takes no lock (a COPY with stream versions of its own, say) can make an append lose a race. A flood of them wins
    // twenty times in a row now and then (seen), a thousand times never. A group is taken apart sooner: one stream must not hold it up.
    private const int MaxRaces = 1_000;
    private const int MaxGroupRaces = 3;

    // More would open connections for the sake of one failure, which takes longer than the parts.
    private const int PartsAtOnce = 4;

    // So many of a failed group go one by one; of more first in parts.
    private const int FewEnough = 16;

    private readonly ResiliencePipeline _retry = new ResiliencePipelineBuilder { TimeProvider = time }
        .AddRetry(new RetryStrategyOptions
        {
            // About two seconds in all: a failover or restart that takes longer is for the caller to decide about.
            MaxRetryAttempts = 6,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = TimeSpan.FromMilliseconds(25),
            ShouldHandle = args => ValueTask.FromResult(args.Outcome.Exception is { } error && PostgresErrors.IsTransient(error)),
            OnRetry = _ =>
            {
                metrics.Retried(EventStoreMetrics.Transient);
                return ValueTask.CompletedTask;
            },
        })
        .Build();

    /// <summary>Answers every append of the group, except those that have to wait for what another transaction holds: they come back.</summary>
    /// <param name="group">In the order of the calls.</param>
    /// <param name="patient">Waits for what others hold; then nobody comes back.</param>
    /// <param name="cancellationToken">Ends the attempt; who is not answered then has nobody waiting for him.</param>
    internal async Task<IReadOnlyList<PendingAppend>> RunAsync(
        IReadOnlyList<PendingAppend> group, bool patient, CancellationToken cancellationToken = default)
    {
        var waiting = new List<PendingAppend>();
        PostgresException? race = null;
        for (var races = 0; ;)
        {
            group = [.. group.Where(append => !append.IsOver)];
            if (group.Count == 0)
            {
                return waiting;
            }

            try
            {
                var undecided = await _retry.ExecuteAsync(
                    static async (run, token) => await run.transaction.RunAsync(run.group, run.patient, run.race, token).ConfigureAwait(false),
                    (transaction, group, patient, race),
                    cancellationToken).ConfigureAwait(false);
                waiting.AddRange(undecided.Busy);
                group = undecided.Again;
            }
            catch (PostgresException error) when (PostgresErrors.IsRace(error) && races < (group.Count > 1 ? MaxGroupRaces : MaxRaces))
            {
                // Whoever won has committed: the next attempt sees what he did.
                races++;
                metrics.Retried(EventStoreMetrics.Race);
                race = error;
            }
            catch (Exception error) when (group.Count > 1 && error is PostgresException server && !PostgresErrors.ConcernsEveryone(server))
            {
                waiting.AddRange(await RunApartAsync(group, patient, cancellationToken).ConfigureAwait(false));
                return waiting;
            }
            catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.LockNotAvailable && !patient)
            {
                waiting.AddRange(group);
                return waiting;
            }
            catch (Exception error)
            {
                Fail(group, error);
                return waiting;
            }
        }
    }

    /// <summary>Joins the ambient transaction. Nothing is repeated there: its first error has undone it.</summary>
    internal async Task RunAmbientAsync(PendingAppend append, CancellationToken cancellationToken)
    {
        try
        {
            await transaction.RunAmbientAsync(append, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            Fail([append], error);
        }
    }

    /// <summary>
    /// In parts, at once, each of which fails or succeeds for itself. After two rounds whoever failed is alone: about the square root of
    /// 256 is 16, and each round costs the innocent one wait at most.
    /// </summary>
    private async Task<IReadOnlyList<PendingAppend>> RunApartAsync(
        IReadOnlyList<PendingAppend> group, bool patient, CancellationToken cancellationToken)
    {
        var (parts, last) = Split(group);
        using var atOnce = new SemaphoreSlim(PartsAtOnce);
        var waiting = await Task.WhenAll(parts.Select(async part =>
        {
            await atOnce.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            try
            {
                return await RunAsync(part, patient, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                atOnce.Release();
            }
        })).ConfigureAwait(false);
        List<PendingAppend> all = [.. waiting.SelectMany(part => part)];
        all.AddRange(await RunAsync(NotBehind(all, last), patient, cancellationToken).ConfigureAwait(false));
        return all;
    }

    /// <summary>Leaves out, and makes wait, whoever would overtake one that waits for the same stream.</summary>
    private static List<PendingAppend> NotBehind(List<PendingAppend> waiting, List<PendingAppend> appends)
    {
        var held = waiting.SelectMany(append => append.Request.Streams).ToHashSet(StringComparer.Ordinal);
        var free = new List<PendingAppend>();
        foreach (var append in appends)
        {
            if (held.Overlaps(append.Request.Streams))
            {
                held.UnionWith(append.Request.Streams);
                waiting.Add(append);
            }
            else
            {
                free.Add(append);
            }
        }

        return free;
    }

    /// <summary>Appends that share a stream stay together, in order; one whose streams are in several parts comes after them all.</summary>
    private static (IReadOnlyList<List<PendingAppend>> Parts, List<PendingAppend> Last) Split(IReadOnlyList<PendingAppend> group)
    {
        var size = group.Count <= FewEnough ? 1 : (int)Math.Ceiling(Math.Sqrt(group.Count));
        var parts = new List<List<PendingAppend>>();
        var last = new List<PendingAppend>();
        var homes = new Dictionary<string, List<PendingAppend>>(StringComparer.Ordinal);
        foreach (var append in group)
        {
            var known = append.Request.Streams.Select(stream => homes.GetValueOrDefault(stream)).OfType<List<PendingAppend>>().Distinct().ToList();
            var home = known.Count switch
            {
                0 when parts.Count > 0 && parts[^1].Count < size => parts[^1],
                0 => null,
                1 => known[0],
                _ => last,
            };
            if (home is null)
            {
                parts.Add(home = []);
            }

            home.Add(append);
            foreach (var stream in append.Request.Streams)
            {
                homes[stream] = home;
            }
        }

        // All of one stream, or bound together by those of several: in halves, one after the other.
        return parts is [var only] && last.Count == 0
            ? ([[.. only.Take(only.Count / 2)]], [.. only.Skip(only.Count / 2)])
            : (parts, last);
    }

    private void Fail(IEnumerable<PendingAppend> appends, Exception error)
    {
        foreach (var append in appends)
        {
            append.Fail(PostgresErrors.Describes(error) ? PostgresErrors.Translate(error, connections.Target) : error);
        }
    }
}
