namespace SyncKit.EfStore.Storage;

/// <summary>The only place in C# that spells a name of the database contract.</summary>
internal static class SchemaNames
{
    internal const string EventsTable = "events";
    internal const string PrimaryKey = "events_pkey";
    internal const string IdKey = "events_id_key";
    internal const string StreamIndex = "idx_events_aggregate_id";
    internal const string StreamNameIndex = "idx_events_stream_name";
    internal const string TypeIndex = "idx_events_type";
    internal const string CreatedAtIndex = "idx_events_created_at";

    internal const string NotifyTrigger = "events_notify_trigger";
    internal const string NotifyFunction = "notify_event_inserted";
    internal const string NotifySetting = "synckit.notify";
    internal const string StreamVersionTrigger = "events_stream_version_trigger";
    internal const string StreamVersionFunction = "assign_event_stream_version";
    internal const string StreamChannelFunction = "event_stream_channel";

    internal const string SubscriptionsTable = "event_subscriptions";
    internal const string ParkedTable = "event_subscriptions_parked";

    internal const string AuditTable = "event_audit";
    internal const string AuditFunction = "audit_event_changes";
    internal const string AuditUpdateTrigger = "events_audit_update_trigger";
    internal const string AuditDeleteTrigger = "events_audit_delete_trigger";
    internal const string TruncateFunction = "guard_event_truncation";
    internal const string TruncateGuardTrigger = "events_truncate_guard_trigger";
    internal const string TruncateAuditTrigger = "events_truncate_audit_trigger";
    internal const string EraseFunction = "erase_events";
    internal const string CopiesTable = "event_copies";
    internal const string CopyRunsTable = "event_copy_runs";
    internal const string OriginsTable = "event_origins";
    internal const string MigrationsFunction = "skip_recorded_migration";
    internal const string MigrationsTrigger = "synckit_migrations_trigger";

    /// <summary>A history of its own, so that an application's migrations in the same database are never disturbed.</summary>
    internal const string MigrationsHistoryTable = "__synckit_migrations";

    internal const string GlobalChannel = "events_global";
    internal const string StreamNamePrefix = "stream_";
    internal const string HashedChannelPrefix = "stream_sha256_";

    /// <summary>The channel of a listener's self-test: each process makes up one of its own, so nobody else is bothered.</summary>
    internal const string ProbeChannelPrefix = "synckit_probe_";
}
