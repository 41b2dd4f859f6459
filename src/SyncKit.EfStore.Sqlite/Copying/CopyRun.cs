namespace SyncKit.EfStore.Sqlite.Copying;

/// <summary>The writing side of one copy: what becomes of each batch, and the tally. Not thread safe.</summary>
internal sealed class CopyRun(
    IEventCopyTarget target,
    IEventCopyWriter? writer,
    RejectsFile? rejects,
    EventCopyOptions options,
    long total,
    IProgress<EventCopyProgress>? progress)
{
    /// <summary>A dry run shows them all.</summary>
    internal bool StopsAtRefusal => rejects is null && !options.DryRun;

    internal long Copied { get; private set; }

    internal long AlreadyStored { get; private set; }

    internal long Rejected { get; private set; }

    /// <returns>The event that ends the copy, with everything before it written; null to go on.</returns>
    internal async Task<RefusedEvent?> WriteAsync(CopyBatch batch, CancellationToken cancellationToken)
    {
        var (events, passed) = (batch.Events, batch.Passed!);
        var refused = batch.Refused;
        while (true)
        {
            await RejectAsync(refused, cancellationToken).ConfigureAwait(false);
            var outcome = writer is null
                ? await target.TryAsync(events, cancellationToken).ConfigureAwait(false)
                : await writer.WriteAsync(new EventCopyBatch(events, passed), cancellationToken).ConfigureAwait(false);
            Copied += outcome.Copied;
            AlreadyStored += outcome.AlreadyStored;
            if (writer is null)
            {
                await RejectAsync(outcome.Refused, cancellationToken).ConfigureAwait(false);
                break;
            }

            if (outcome.Refused.Count == 0)
            {
                break;
            }

            if (StopsAtRefusal)
            {
                var first = outcome.Refused[0];
                await WriteBeforeAsync(events, first.Event, cancellationToken).ConfigureAwait(false);
                return first;
            }

            var without = outcome.Refused.Select(one => one.Event.Version).ToHashSet();
            events = [.. events.Where(one => !without.Contains(one.Version))];
            refused = [.. outcome.Refused];
        }

        progress?.Report(new EventCopyProgress(Copied + AlreadyStored + Rejected, total, Copied, AlreadyStored, Rejected));
        return null;
    }

    internal EventCopyException Stopped(RefusedEvent refused)
    {
        var outcome = options.KeepVersions
            ? "Nothing is copied, since versions are kept and the copy is one transaction. Correct the event in the source and run the same copy again"
            : $"Everything before it is copied: {Copied} events now, {AlreadyStored} were stored already. "
                + "Correct the event in the source and run the same copy again, which goes on from there";
        return new EventCopyException(
            $"Version {refused.Event.Version}, id '{InputRules.Shorten(refused.Event.Id)}': {refused.Reason} {outcome}; "
                + "or have such events written to a file of rejects, and passed over.",
            refused);
    }

    private async Task WriteBeforeAsync(List<SourceEvent> events, SourceEvent refused, CancellationToken cancellationToken)
    {
        List<SourceEvent> before = [.. events.TakeWhile(one => one.Version < refused.Version)];
        if (before.Count > 0)
        {
            var outcome = await writer!.WriteAsync(new EventCopyBatch(before, before[^1]), cancellationToken).ConfigureAwait(false);
            Copied += outcome.Copied;
            AlreadyStored += outcome.AlreadyStored;
        }
    }

    private async Task RejectAsync(IReadOnlyList<RefusedEvent> refused, CancellationToken cancellationToken)
    {
        if (refused.Count == 0)
        {
            return;
        }

        Rejected += refused.Count;
        if (rejects is not null)
        {
            await rejects.WriteAsync(refused, cancellationToken).ConfigureAwait(false);
        }

        foreach (var one in refused)
        {
            options.OnRefused?.Invoke(one);
        }
    }
}
