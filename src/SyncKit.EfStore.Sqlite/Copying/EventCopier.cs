using System.Threading.Channels;
using SyncKit.EfStore.Sqlite.Copying;

namespace SyncKit.EfStore.Sqlite;

/// <summary>
/// Copies a log into another, in order and in constant memory: events keep their ids, times and content, and get the next versions of the target
/// unless they keep theirs. Between any two of <see cref="SqliteEventStore"/> and PostgreSQL (<c>PostgresEventLog</c>). Safe for any number of threads.
/// </summary>
/// <remarks>
/// <para>
/// Up to three batches are in memory: one is read and checked while another is written. Each is a transaction, in which the target also records how
/// far the copy is; so a copy that breaks off, killed or cancelled or without its connection, goes on where it was when it is begun again, and one
/// that is begun again later copies what came in between. Nothing is lost, doubled or put in another order.
/// </para>
/// <para>
/// The source is only read, and up to the version that was its last when the copy began, while writers go on. The record in the target is found by
/// the source's content, so files may be moved; a source that was put back to an older state, or went on another way, is begun from its start, and
/// what of it is stored already is found by its ids.
/// </para>
/// </remarks>
/// <param name="source">What to copy.</param>
/// <param name="target">Where to.</param>
public sealed class EventCopier(IEventCopySource source, IEventCopyTarget target)
{
    // One is filled, one waits, one is written.
    private const int BatchesWaiting = 1;

    /// <summary>Copies what the target does not have yet.</summary>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="progress">Told after each batch.</param>
    /// <param name="cancellationToken">Ends the copy between two batches or within one, which is then written whole or not at all.</param>
    /// <exception cref="EventCopyException">
    /// An event cannot be copied; everything before it is. Or versions cannot be kept; or another process is at the same copy.
    /// </exception>
    /// <exception cref="EventStoreUnavailableException">Source or target cannot be used (any more).</exception>
    /// <exception cref="InvalidInputException">The file for rejects is a file of something else.</exception>
    /// <exception cref="IOException">The file for rejects cannot be written.</exception>
    public async Task<EventCopyResult> CopyAsync(
        EventCopyOptions? options = null, IProgress<EventCopyProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        options ??= new EventCopyOptions();
        var upTo = await source.GetLatestVersionAsync(cancellationToken).ConfigureAwait(false);
        if (await FirstAsync(EventVersion.Zero, upTo, cancellationToken).ConfigureAwait(false) is not { } first)
        {
            return new EventCopyResult(0, 0, 0, EventVersion.Zero, upTo);
        }

        var log = first.Fingerprint();
        var goOn = await FindRecordAsync(log, cancellationToken).ConfigureAwait(false);
        var after = goOn?.Position ?? EventVersion.Zero;
        var total = after < upTo || goOn is null ? await source.CountAsync(after, upTo, cancellationToken).ConfigureAwait(false) : 0;
        if (total == 0)
        {
            return new EventCopyResult(0, 0, 0, after, upTo);
        }

        await using var rejects = options.RejectsFile is { } path ? RejectsFile.Open(path, log) : null;
        await using var writer = options.DryRun
            ? null
            : await target.BeginAsync(new EventCopyStart(log, upTo, goOn, options.KeepVersions), cancellationToken).ConfigureAwait(false);
        if (options is { DryRun: true, KeepVersions: true })
        {
            await RequireRoomAsync(goOn, cancellationToken).ConfigureAwait(false);
        }

        var run = new CopyRun(target, writer, rejects, options, total, progress);
        var refused = await RunAsync(run, after, upTo, cancellationToken).ConfigureAwait(false);
        if (refused is not null)
        {
            throw run.Stopped(refused);
        }

        if (writer is not null)
        {
            await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }

        return new EventCopyResult(run.Copied, run.AlreadyStored, run.Rejected, after, upTo);
    }

    /// <summary>Reads and checks the next batches while one is being written.</summary>
    /// <returns>The event that ended the copy early, with everything before it written.</returns>
    private async Task<RefusedEvent?> RunAsync(CopyRun run, EventVersion after, EventVersion upTo, CancellationToken cancellationToken)
    {
        var batches = Channel.CreateBounded<CopyBatch>(new BoundedChannelOptions(BatchesWaiting) { SingleReader = true, SingleWriter = true });
        using var abandoned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var filling = Task.Run(() => FillAsync(batches.Writer, after, upTo, run.StopsAtRefusal, abandoned.Token), CancellationToken.None);
        try
        {
            await foreach (var batch in batches.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                if (await run.WriteAsync(batch, cancellationToken).ConfigureAwait(false) is { } refused)
                {
                    return refused;
                }
            }
        }
        finally
        {
            await abandoned.CancelAsync().ConfigureAwait(false);
            await ((Task)filling).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        // Only now is everything before a broken event written.
        return await filling.ConfigureAwait(false);
    }

    /// <returns>The event that ended it early; null at the end of the source.</returns>
    private async Task<RefusedEvent?> FillAsync(
        ChannelWriter<CopyBatch> batches, EventVersion after, EventVersion upTo, bool stopAtRefusal, CancellationToken cancellationToken)
    {
        var limits = target.Limits;
        var batch = new CopyBatch(limits);
        RefusedEvent? refused = null;
        try
        {
            await foreach (var given in source.ReadAsync(after, upTo, cancellationToken).ConfigureAwait(false))
            {
                var reason = CopyCheck.Reason(given, limits.MaxJsonBytes);
                if (reason is not null && stopAtRefusal)
                {
                    refused = new RefusedEvent(given, reason);
                    break;
                }

                if (!batch.TryAdd(given, reason))
                {
                    await batches.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
                    batch = new CopyBatch(limits);
                    batch.TryAdd(given, reason);
                }
            }

            if (batch.Count > 0)
            {
                await batches.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
            }

            return refused;
        }
        finally
        {
            batches.Complete();
        }
    }

    /// <summary>The furthest copy of this very log: where another event stands at its end, it was of a log that only began alike.</summary>
    private async Task<EventCopyRecord?> FindRecordAsync(string log, CancellationToken cancellationToken)
    {
        foreach (var record in await target.FindCopiesAsync(log, cancellationToken).ConfigureAwait(false))
        {
            if (record.Position > EventVersion.Zero
                && await FirstAsync(new EventVersion(record.Position.Value - 1), record.Position, cancellationToken).ConfigureAwait(false) is { } there
                && there.Fingerprint() == record.PositionFingerprint)
            {
                return record;
            }
        }

        return null;
    }

    private async Task<SourceEvent?> FirstAsync(EventVersion after, EventVersion upTo, CancellationToken cancellationToken)
    {
        await foreach (var first in source.ReadAsync(after, upTo, cancellationToken).ConfigureAwait(false))
        {
            return first;
        }

        return null;
    }

    /// <summary>What a copy that keeps versions finds out as it begins.</summary>
    private async Task RequireRoomAsync(EventCopyRecord? goOn, CancellationToken cancellationToken)
    {
        if (goOn is { KeepsVersions: true } || target is not IEventCopySource log)
        {
            return;
        }

        try
        {
            var highest = await log.GetLatestVersionAsync(cancellationToken).ConfigureAwait(false);
            if (highest > EventVersion.Zero)
            {
                throw CopyRules.Taken(highest.Value);
            }
        }
        catch (EventStoreUnavailableException error) when (error.Reason is UnavailableReason.DatabaseMissing or UnavailableReason.SchemaMissing)
        {
            // Still to be created.
        }
    }
}
