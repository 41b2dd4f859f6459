using System.Threading.Channels;
using SyncKit.EfStore.Notifications;

namespace SyncKit.EfStore.Subscriptions;

/// <summary>
/// "There may be something new": any number of hints merge into one flag, which one reader waits for. Set from any thread.
/// </summary>
internal sealed class LookAgain : IAsyncDisposable
{
    private readonly Channel<bool> _flag = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly NotificationHub? _hub;
    private readonly HubSubscription? _place;
    private readonly TimeProvider _time;

    /// <summary>Without hints from notifications: only <see cref="Set"/>.</summary>
    internal LookAgain(TimeProvider time) => _time = time;

    /// <summary>With a hint for each batch of notifications that pass a filter. In place before the caller's first look.</summary>
    internal LookAgain(NotificationHub hub, NotificationFilter filter, TimeProvider time)
        : this(time)
    {
        _hub = hub;
        _place = hub.Add(
            filter,
            (_, _) =>
            {
                Set();
                return Task.CompletedTask;
            },
            _ => { });
    }

    internal void Set() => _flag.Writer.TryWrite(true);

    /// <summary>Ends with the next hint, or one since the last wait; without any after so long all the same.</summary>
    internal async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        if (_flag.Reader.TryRead(out _))
        {
            return;
        }

        using var patience = new CancellationTokenSource(atMost, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await _flag.Reader.ReadAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Nothing came: the poll.
        }
    }

    public ValueTask DisposeAsync() => _place is null ? ValueTask.CompletedTask : new ValueTask(_hub!.RemoveAsync(_place));
}
