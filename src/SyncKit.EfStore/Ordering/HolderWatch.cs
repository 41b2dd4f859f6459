using Microsoft.Extensions.Logging;
using Npgsql;
using SyncKit.EfStore.Diagnostics;

namespace SyncKit.EfStore.Ordering;

/// <summary>
/// Names the transaction that holds the mark back for longer than a busy log explains: once when it is found, once when it is over. Only the
/// mark's pump calls it; the holder may be read by anyone.
/// </summary>
internal sealed class HolderWatch(TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan NamedAfter = TimeSpan.FromSeconds(1);

    private volatile SettledMarkHolder? _holder;

    internal SettledMarkHolder? Holder => _holder;

    /// <summary>How long the one named has been seen by now.</summary>
    internal TimeSpan HeldFor => _holder is { } holder ? time.GetUtcNow() - holder.SeenSince : TimeSpan.Zero;

    internal async Task LookAsync(NpgsqlConnection connection, SettledHorizon horizon, CancellationToken cancellationToken)
    {
        if (_holder is { } named && named.VirtualTransaction != horizon.HeldBy?.VirtualTransaction)
        {
            var heldFor = HeldFor;
            _holder = null; // Before it is told: whoever reads the line finds it so.
            Log.SettledMarkReleased(logger, named, heldFor, horizon.Mark);
        }

        if (_holder is null
            && horizon.HeldBy is { } holder
            && time.GetUtcNow() - holder.SeenSince >= NamedAfter
            && await SequenceLocks.DescribeAsync(connection, holder, cancellationToken).ConfigureAwait(false) is { } described)
        {
            _holder = described;
            Log.SettledMarkHeldBack(logger, horizon.Mark, horizon.Highest, described, HeldFor);
        }
    }

    /// <summary>After a lost connection nobody is known to hold anything.</summary>
    internal void Forget() => _holder = null;
}
