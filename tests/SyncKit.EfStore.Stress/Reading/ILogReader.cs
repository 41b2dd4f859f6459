using SyncKit.EfStore.Stress.Checking;

namespace SyncKit.EfStore.Stress.Reading;

/// <summary>
/// One way to follow the log. Another way is another file, and a line in <see cref="ReaderKinds"/>. One object for each run.
/// </summary>
internal interface ILogReader
{
    /// <summary>What the table calls it; a file name, too.</summary>
    string Name { get; }

    /// <summary>What it promises.</summary>
    DeliveryOrder Order { get; }

    /// <summary>Whether it is there to show what goes wrong without care: its losses are shown, and fail nothing.</summary>
    bool IsControl => false;

    /// <summary>How long it may wait for an open append even with events that come before it. Zero where it promises not to.</summary>
    TimeSpan MayWait => TimeSpan.Zero;

    /// <summary>What it needs of the store's registration, before the host is built.</summary>
    void AddTo(EventStoreBuilder builder)
    {
    }

    /// <summary>
    /// Follows an empty log from its beginning until stopped, through every lost connection; says when it is ready, and hands on each event.
    /// Ends without an exception when stopped.
    /// </summary>
    Task FollowAsync(IServiceProvider services, Deliveries deliveries, CancellationToken stopping);
}
