using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Polly;
using SyncKit.EfStore.Diagnostics;
using SyncKit.EfStore.Notifications;
using SyncKit.EfStore.Ordering;
using SyncKit.EfStore.Reading;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Subscriptions;

/// <summary>
/// Reads the log from a version on without an end: settled mark → events up to it → wait for a hint or the poll. One for each store; safe
/// for several threads.
/// </summary>
internal sealed class LogFollower(
    EventStoreConnections connections,
    EventReader reader,
    SettledMark settled,
    NotificationHub hub,
    IOptions<EventStoreOptions> options,
    TimeProvider time,
    ILogger<LogFollower> logger)
{
    private readonly ResiliencePipeline _patience =
        PatientRead.Create(time, (wait, error) => Log.SubscriptionReadFailed(logger, wait, error), IsPassing);

    internal async IAsyncEnumerable<StoredEvent> FollowAsync(
        EventVersion since, SubscriptionFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var hint = new LookAgain(hub, filter.Hints(), time);
        var position = since.Value;
        while (true)
        {
            // Before the read: what settles meanwhile is the next turn's.
            var from = position;
            var (mark, isHeldBack) = await _patience
                .ExecuteAsync(token => SettledBeyondAsync(from, token), cancellationToken).ConfigureAwait(false);
            while (position < mark)
            {
                var end = filter.WindowEnd(position, mark);
                await foreach (var stored in ReadPatientlyAsync(filter, position, end, cancellationToken).ConfigureAwait(false))
                {
                    yield return stored;
                }

                position = end;
            }

            // Whoever holds the mark back may roll back, and nobody notifies of that.
            if (!isHeldBack)
            {
                await hint.WaitAsync(options.Value.PollInterval, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The settled mark, with an error that says what to do.</summary>
    internal async ValueTask<long> SettledAsync(CancellationToken cancellationToken) =>
        (await SettledBeyondAsync(long.MaxValue, cancellationToken).ConfigureAwait(false)).Mark;

    /// <summary>
    /// The settled mark, as soon as it is above a position; below it only where nothing more is visible, or where somebody holds it back for seconds.
    /// </summary>
    internal async ValueTask<(long Mark, bool IsHeldBack)> SettledBeyondAsync(long position, CancellationToken cancellationToken) =>
        await connections.TranslateAsync(() => settled.AdvanceBeyondAsync(position, cancellationToken)).ConfigureAwait(false);

    /// <summary>The events of one window; a read that breaks goes on behind the last event that was taken.</summary>
    private async IAsyncEnumerable<StoredEvent> ReadPatientlyAsync(
        SubscriptionFilter filter, long position, long end, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var events = Open();
        try
        {
            while (true)
            {
                // Within a page the next event is there already: no pipeline, no allocation.
                var next = events.MoveNextAsync();
                if (!(next.IsCompletedSuccessfully ? next.Result : await MoveOnAsync(next).ConfigureAwait(false)))
                {
                    yield break;
                }

                position = events.Current.Version.Value;
                yield return events.Current;
            }
        }
        finally
        {
            await events.DisposeAsync().ConfigureAwait(false);
        }

        IAsyncEnumerator<StoredEvent> Open() =>
            reader.ReadAsync(filter.Between(position, end), cancellationToken).GetAsyncEnumerator(cancellationToken);

        async ValueTask<bool> MoveOnAsync(ValueTask<bool> first)
        {
            ValueTask<bool>? waiting = first;
            return await _patience.ExecuteAsync(
                async _ =>
                {
                    if (waiting is { } begun)
                    {
                        waiting = null;
                        return await begun.ConfigureAwait(false);
                    }

                    await events.DisposeAsync().ConfigureAwait(false);
                    events = Open();
                    return await events.MoveNextAsync().ConfigureAwait(false);
                },
                cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Whether waiting may help. What does not pass is the caller's to know: nobody else reads the log for him.</summary>
    internal static bool IsPassing(Exception error) => error is EventStoreUnavailableException
    {
        Reason: UnavailableReason.ConnectionLost or UnavailableReason.ServerUnreachable or UnavailableReason.ServerError,
    };
}
