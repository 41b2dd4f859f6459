using Microsoft.Extensions.Logging;
using SyncKit.EfStore.Diagnostics;

namespace SyncKit.EfStore.Notifications;

/// <summary>Notifications as an observable: each Subscribe takes a place of its own in the hub.</summary>
internal sealed class NotificationObservable(NotificationListener listener, NotificationHub hub, NotificationFilter filter, ILogger logger)
    : IObservable<EventNotification>
{
    public IDisposable Subscribe(IObserver<EventNotification> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        listener.EnsureStarted();
        return new Observation(hub, filter, observer, logger);
    }

    private sealed class Observation : IDisposable
    {
        private readonly NotificationHub _hub;
        private readonly IObserver<EventNotification> _observer;
        private readonly ILogger _logger;
        private readonly HubSubscription _place;
        private volatile bool _disposed;

        internal Observation(NotificationHub hub, NotificationFilter filter, IObserver<EventNotification> observer, ILogger logger)
        {
            _hub = hub;
            _observer = observer;
            _logger = logger;
            _place = hub.Add(filter, DeliverAsync, End);
        }

        // An observer may dispose from within OnNext, so this does not wait for it to return.
        public void Dispose()
        {
            if (!_disposed)
            {
                _disposed = true;
                _ = _hub.RemoveAsync(_place);
            }
        }

        private Task DeliverAsync(IReadOnlyList<EventNotification> batch, CancellationToken cancellationToken)
        {
            foreach (var notification in batch)
            {
                if (_disposed)
                {
                    break;
                }

                Contained(() => _observer.OnNext(notification), notification.Version.Value);
            }

            return Task.CompletedTask;
        }

        private void End(Exception? error)
        {
            if (_disposed)
            {
                return;
            }

            Contained(() =>
            {
                if (error is null)
                {
                    _observer.OnCompleted();
                }
                else
                {
                    _observer.OnError(error);
                }
            }, 0);
        }

        private void Contained(Action call, long version)
        {
            try
            {
                call();
            }
            catch (Exception error)
            {
                Log.ObserverThrew(_logger, version, error);
            }
        }
    }
}
