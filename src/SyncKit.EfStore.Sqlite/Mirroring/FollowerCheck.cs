using System.Globalization;

namespace SyncKit.EfStore.Sqlite.Mirroring;

/// <summary>
/// Finds out whether the follower holds events that the leader does not have, or lacks some: both are counted, at first from the beginning and
/// then only what came since. Only where the counts differ are events looked for by name.
/// </summary>
internal sealed class FollowerCheck(MirrorPlace leader, MirrorPlace follower)
{
    private const int LookUps = 1_000;
    private const int Named = 3;

    // Up to here both hold the same number of events.
    private EventVersion _leaderBase;
    private EventVersion _followerBase;

    /// <summary>Compares what both hold now that the leader is copied up to a version.</summary>
    /// <returns>Whether it could be compared: not while an append to the follower, somebody else's, is open.</returns>
    /// <exception cref="FollowerDifferenceException">They differ.</exception>
    internal async Task<bool> RunAsync(EventVersion upTo, CancellationToken cancellationToken)
    {
        var lastCopied = upTo == EventVersion.Zero ? null : await FirstAsync(leader.Source.ReadAsync(new EventVersion(upTo.Value - 1), upTo, cancellationToken)).ConfigureAwait(false);
        var counterpart = EventVersion.Zero;
        if (lastCopied is not null)
        {
            counterpart = await FirstAsync(follower.Source.FindAsync([lastCopied.Id], cancellationToken)).ConfigureAwait(false) is { } stored
                ? new EventVersion(Math.Max(0, stored.Version))
                : throw new FollowerDifferenceException(
                    $"The follower '{follower.Name}' no longer has event '{InputRules.Shorten(lastCopied.Id)}' of the leader (version {upTo}), which was copied.");
        }

        var followerLatest = await follower.Source.GetLatestVersionAsync(cancellationToken).ConfigureAwait(false);
        if (followerLatest < counterpart)
        {
            return false;
        }

        if (followerLatest < _followerBase || upTo < _leaderBase)
        {
            // Restored from a backup: counted anew.
            (_leaderBase, _followerBase) = (EventVersion.Zero, EventVersion.Zero);
        }

        var there = await follower.Source.CountAsync(_followerBase, followerLatest, cancellationToken).ConfigureAwait(false);
        var here = await leader.Source.CountAsync(_leaderBase, upTo, cancellationToken).ConfigureAwait(false);
        if (there != here)
        {
            await NameAsync(there - here, followerLatest, upTo, cancellationToken).ConfigureAwait(false);
        }

        (_leaderBase, _followerBase) = (upTo, followerLatest);
        return true;
    }

    private static async Task<SourceEvent?> FirstAsync(IAsyncEnumerable<SourceEvent> events)
    {
        await foreach (var first in events.ConfigureAwait(false))
        {
            return first;
        }

        return null;
    }

    private async Task NameAsync(long more, EventVersion followerLatest, EventVersion upTo, CancellationToken cancellationToken)
    {
        var foreign = await AbsentAsync(follower.Source, _followerBase, followerLatest, leader.Source, cancellationToken).ConfigureAwait(false);
        var lacking = await AbsentAsync(leader.Source, _leaderBase, upTo, follower.Source, cancellationToken).ConfigureAwait(false);
        var problems = new List<string>();
        if (foreign.Count > 0)
        {
            problems.Add($"The follower '{follower.Name}' holds {List(foreign)}, which the leader '{leader.Name}' does not have.");
        }

        if (lacking.Count > 0)
        {
            problems.Add($"The follower '{follower.Name}' lacks {List(lacking)} of the leader '{leader.Name}', though it was copied.");
        }

        if (problems.Count == 0)
        {
            problems.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"The follower '{follower.Name}' holds {Math.Abs(more)} events {(more > 0 ? "more" : "fewer")} than the leader '{leader.Name}'; compare them with 'synckit verify'."));
        }

        throw new FollowerDifferenceException(string.Join(' ', problems));
    }

    /// <summary>The first events of a part of one log that the other does not have.</summary>
    private static async Task<List<SourceEvent>> AbsentAsync(
        IEventCopySource log, EventVersion after, EventVersion upTo, IEventCopySource other, CancellationToken cancellationToken)
    {
        var absent = new List<SourceEvent>();
        await foreach (var part in ChunksAsync(log.ReadAsync(after, upTo, cancellationToken)).ConfigureAwait(false))
        {
            var ids = part.Select(one => one.Id).Distinct(StringComparer.Ordinal).ToList();
            var found = new HashSet<string>(StringComparer.Ordinal);
            await foreach (var one in other.FindAsync(ids, cancellationToken).ConfigureAwait(false))
            {
                found.Add(one.Id);
            }

            absent.AddRange(part.Where(one => !found.Contains(one.Id)));
            if (absent.Count > Named)
            {
                break;
            }
        }

        return absent;
    }

    private static async IAsyncEnumerable<List<SourceEvent>> ChunksAsync(IAsyncEnumerable<SourceEvent> events)
    {
        var chunk = new List<SourceEvent>();
        await foreach (var one in events.ConfigureAwait(false))
        {
            chunk.Add(one with { Data = null, Metadata = null });
            if (chunk.Count == LookUps)
            {
                yield return chunk;
                chunk = [];
            }
        }

        if (chunk.Count > 0)
        {
            yield return chunk;
        }
    }

    private static string List(List<SourceEvent> events) =>
        string.Join(", ", events.Take(Named).Select(one => string.Create(
            CultureInfo.InvariantCulture,
            $"event '{InputRules.Shorten(one.Id)}' of stream '{InputRules.Shorten(one.AggregateId)}' (version {one.Version})")))
        + (events.Count > Named ? " and more" : "");
}
