using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SyncKit.EfStore.Diagnostics;
using SyncKit.EfStore.Notifications;
using SyncKit.EfStore.Reading;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Subscriptions.Named;

/// <summary>What every named subscription of a store works with.</summary>
internal sealed class SubscriptionServices(
    EventStoreConnections connections,
    CheckpointTable checkpoints,
    ParkedTable parked,
    EventReader reader,
    LogFollower follower,
    NotificationHub hub,
    EventStoreMetrics metrics,
    IOptions<EventStoreOptions> options,
    TimeProvider time,
    ILogger<SubscriptionRunner> logger)
{
    /// <summary>The same with advice, where it is the database's.</summary>
    internal Exception Told(Exception error) => PostgresErrors.Describes(error) ? PostgresErrors.Translate(error, connections.Target) : error;

    internal CheckpointTable Checkpoints => checkpoints;

    internal ParkedTable Parked => parked;

    internal EventReader Reader => reader;

    internal LogFollower Follower => follower;

    internal NotificationHub Hub => hub;

    internal EventStoreMetrics Metrics => metrics;

    internal EventStoreOptions Options => options.Value;

    internal TimeProvider Time => time;

    internal ILogger Logger => logger;
}
