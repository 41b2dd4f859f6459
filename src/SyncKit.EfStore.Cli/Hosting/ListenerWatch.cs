using SyncKit.EfStore.Cli.Printing;

namespace SyncKit.EfStore.Cli.Hosting;

/// <summary>Says on stderr when the connection is lost and when it is back.</summary>
internal sealed class ListenerWatch : IObserver<ListenerState>, IDisposable
{
    private readonly CancellationTokenSource _failed = new();
    private readonly IDisposable _subscription;
    private bool _lost; // OnNext only, which does not overlap itself.

    internal ListenerWatch(IObservable<ListenerState> states) => _subscription = states.Subscribe(this);

    /// <summary>Cancelled when the listener gave up.</summary>
    internal CancellationToken Failed => _failed.Token;

    public void OnNext(ListenerState value)
    {
        switch (value.Status)
        {
            case ListenerStatus.Reconnecting when !_lost:
                _lost = true;
                StandardError.Line($"reconnecting: {value.Reason}");
                break;
            case ListenerStatus.Degraded:
                _lost = true;
                StandardError.Line($"reading the log every second, because notifications do not arrive. {value.Reason}");
                break;
            case ListenerStatus.Replayed when value.Replayed is { } missed:
                StandardError.Line($"showed what was missed: versions {missed.From} to {missed.To}");
                break;
            case ListenerStatus.Live when _lost:
                _lost = false;
                StandardError.Line("live again");
                break;
            case ListenerStatus.Failed:
                StandardError.Line($"gave up: {value.Reason}");
                _failed.Cancel();
                break;
        }
    }

    public void OnError(Exception error)
    {
    }

    public void OnCompleted()
    {
    }

    public void Dispose()
    {
        _subscription.Dispose();
        _failed.Dispose();
    }
}
