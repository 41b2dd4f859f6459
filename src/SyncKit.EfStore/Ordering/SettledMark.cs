using Microsoft.Extensions.Logging;
using SyncKit.EfStore.Diagnostics;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Ordering;

/// <summary>
/// The version up to which everything is committed or will never appear. One for each store; safe for several threads.
/// </summary>
/// <remarks>Each caller observes and waits for itself; sharing one pipelined horizon among all readers belongs here too.</remarks>
internal sealed class SettledMark(EventStoreConnections connections, TimeProvider time, ILogger<SettledMark> logger)
{
    // A reader is held back by an append that stays open, never by anything else. Past this it goes on with what was settled before:
    // later, not less.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstPoll = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan LongestPoll = TimeSpan.FromMilliseconds(50);

    private long _mark;

    /// <summary>Moves the mark to the highest version visible now, once the appends open below it have ended.</summary>
    /// <returns>The mark: that version, or the mark before where an append stays open for more than five seconds.</returns>
    internal async Task<long> AdvanceAsync(CancellationToken cancellationToken)
    {
        await using var connection = await connections.OpenAsync(cancellationToken).ConfigureAwait(false);
        var seen = await SequenceLocks.ObserveAsync(connection, cancellationToken).ConfigureAwait(false);
        var started = time.GetTimestamp();
        var poll = FirstPoll;
        while (seen.Holders.Length > 0 && await SequenceLocks.AreStillOpenAsync(connection, seen, cancellationToken).ConfigureAwait(false))
        {
            if (time.GetElapsedTime(started) > Patience)
            {
                var mark = Volatile.Read(ref _mark);
                Log.SettledMarkHeldBack(logger, mark, seen.Highest, Patience);
                return mark;
            }

            await Task.Delay(poll, time, cancellationToken).ConfigureAwait(false);
            poll = poll * 2 < LongestPoll ? poll * 2 : LongestPoll;
        }

        return Raise(seen.Highest);
    }

    private long Raise(long settled)
    {
        var mark = Volatile.Read(ref _mark);
        while (settled > mark)
        {
            var found = Interlocked.CompareExchange(ref _mark, settled, mark);
            if (found == mark)
            {
                return settled;
            }

            mark = found;
        }

        return mark;
    }
}
