using Npgsql;

namespace SyncKit.EfStore;

/// <summary>
/// How a process uses an event store. Read from the section <c>EventStore</c> of the host's configuration, then set by code. All faults are reported
/// at once when the host starts. Settings of the connection are nullable: null leaves them as the connection string has them, and set in both
/// places they must agree. They have no effect on a <see cref="DataSource"/>. Options marked as reloaded follow a configuration that changes while
/// the host runs, unless it has faults; the others need a restart.
/// </summary>
public sealed class EventStoreOptions
{
    /// <summary>
    /// The Npgsql connection string. Default: null, then <c>ConnectionStrings:EventStore</c> of the host's configuration. Required unless
    /// <see cref="DataSource"/> is set.
    /// </summary>
    public string? ConnectionString { get; set; }

    /// <summary>
    /// The listener's own connection string, where it must differ: LISTEN does not work through PgBouncer in transaction mode, which the
    /// listener finds out and says (<see cref="ListenerStatus.Degraded"/>).
    /// Default: null, the same as <see cref="ConnectionString"/>. Its Timeout is kept, its Application Name too, with " listener" added; its
    /// Keepalive must agree with <see cref="NotificationTimeout"/>.
    /// </summary>
    public string? ListenerConnectionString { get; set; }

    /// <summary>
    /// The application's own data source, used instead of <see cref="ConnectionString"/> and not disposed. It yields no password, so set
    /// <see cref="ListenerConnectionString"/> as well; without it the listener keeps one of this data source's connections. Default: null.
    /// </summary>
    public NpgsqlDataSource? DataSource { get; set; }

    /// <summary>
    /// At most so many pooled connections for the store's statements, 1 to 1024 (go-sync-kit: MaxOpenConns). LINQ over
    /// <see cref="EventStoreDbContext"/> has a pool of its own with the same bound, opened when first used. Default: null, Npgsql's 100.
    /// </summary>
    public int? MaxPoolSize { get; set; }

    /// <summary>So many connections stay open while idle, 0 to <see cref="MaxPoolSize"/> (MaxIdleConns). Default: null, Npgsql's 0.</summary>
    public int? MinPoolSize { get; set; }

    /// <summary>A connection this old is replaced, 0 (never) to 30 days, whole seconds (ConnMaxLifetime). Default: null, Npgsql's 1 hour.</summary>
    public TimeSpan? ConnectionLifetime { get; set; }

    /// <summary>A connection idle this long is closed, 1 second to 1 day, whole seconds (ConnMaxIdleTime). Default: null, Npgsql's 5 minutes.</summary>
    public TimeSpan? ConnectionIdleLifetime { get; set; }

    /// <summary>How long a statement of the store may take, 1 second to 1 hour, whole seconds. Default: null, Npgsql's 30 seconds.</summary>
    public TimeSpan? CommandTimeout { get; set; }

    /// <summary>
    /// A listener's peer that is silent this long is found out, 2 seconds to 10 minutes; half of it is Npgsql's KeepAlive.
    /// Default: 30 seconds.
    /// </summary>
    public TimeSpan NotificationTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The wait before the first reconnect, 10 ms to 5 minutes; it doubles with each failure, with jitter. Default: 250 ms.</summary>
    public TimeSpan ReconnectInterval { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The longest wait between reconnects, from <see cref="ReconnectInterval"/> to 1 hour. Default: 15 seconds.</summary>
    public TimeSpan MaxReconnectInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Give up after so many failed attempts in a row, 1 or more; observers get OnError then. Default: null, never.</summary>
    public int? MaxReconnectAttempts { get; set; }

    /// <summary>
    /// Stop the host when the listener has given up, which it does after <see cref="MaxReconnectAttempts"/>: for processes that are of no use
    /// without events, where something starts them anew. Default: false, the host goes on and can append and read.
    /// </summary>
    public bool StopHostWhenListenerFails { get; set; }

    /// <summary>
    /// When this store's appends tell the observers: within the transaction, after the commit, or not at all. Default:
    /// <see cref="NotifyMode.Trigger"/>.
    /// </summary>
    public NotifyMode NotifyMode { get; set; } = NotifyMode.Trigger;

    /// <summary>
    /// How often the log is read for what notifications may have missed, 100 ms to 1 hour. While the listener is
    /// <see cref="ListenerStatus.Degraded"/> at least every second. Default: 10 seconds.
    /// </summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Observed streams up to this number get a channel each; beyond it the process listens to all events. 0 to 1000. Default: 16.</summary>
    public int MaxStreamChannels { get; set; } = 16;

    /// <summary>
    /// So many notifications wait for a slow observer, 1 to 1,000,000; of those beyond it only the version is kept, and the rest is read from the
    /// log when it has caught up. Default: 10,000.
    /// </summary>
    public int ObserverQueueCapacity { get; set; } = 10_000;

    /// <summary>How many events one page of a read or one batch of a handler holds at most, 1 to 100,000. Reloaded. Default: 1,000.</summary>
    public int BatchSize { get; set; } = 1_000;

    /// <summary>The largest data or metadata document, in bytes of UTF-8, 1,024 to 100,000,000. Reloaded. Default: 16 MiB.</summary>
    public int MaxJsonBytes { get; set; } = EventLimits.DefaultMaxJsonBytes;

    /// <summary>
    /// Let appends that arrive while others are in flight share a transaction. Each still succeeds or fails for itself. Without it every call is
    /// a transaction of its own. Default: true.
    /// </summary>
    public bool GroupCommit { get; set; } = true;

    /// <summary>Let Npgsql prepare the store's statements. Turn off behind a pooler that cannot keep them. Default: true.</summary>
    public bool EnablePreparedStatements { get; set; } = true;

    /// <summary>Publish the meter <c>SyncKit.EfStore</c>. Default: true.</summary>
    public bool EnableMetrics { get; set; } = true;

    /// <summary>
    /// Keep the trace of an append in the metadata of its events, where there is an activity: <c>traceparent</c>, <c>tracestate</c>,
    /// <c>correlation_id</c>, <c>causation_id</c>. Metadata that is no object, and keys that are there, stay as they are. Default: true.
    /// </summary>
    public bool TraceInMetadata { get; set; } = true;

    /// <summary>Bring the schema up to date when the host starts; a failure fails the start. Default: false, that is a deployment's step.</summary>
    public bool MigrateAtStart { get; set; }

    /// <summary>Fail the start of the host where the schema is missing or older than the library. Default: false, the first use says so.</summary>
    public bool RequireSchemaAtStart { get; set; }
}
