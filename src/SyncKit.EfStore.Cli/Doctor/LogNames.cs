namespace SyncKit.EfStore.Cli.Doctor;

/// <summary>The names of the database contract that the tool's own SQL asks by, as any other program on the same tables does.</summary>
internal static class LogNames
{
    internal const string Events = "events";
    internal const string StreamIndex = "idx_events_aggregate_id";
    internal const string IdKey = "events_id_key";
    internal const string NotifyTrigger = "events_notify_trigger";
    internal const string Subscriptions = "event_subscriptions";
    internal const string Parked = "event_subscriptions_parked";
    internal const string Audit = "event_audit";
    internal const string Migrations = "__synckit_migrations";
    internal const string AuditFunction = "audit_event_changes()";
    internal const string TruncateFunction = "guard_event_truncation()";
    internal const string EraseFunction = "erase_events(text, bigint[], text)";

    /// <summary>The sequence that versions are drawn from, as SQL; NULL where the column owns none.</summary>
    internal const string Sequence = "pg_get_serial_sequence('events', 'version')::regclass";
}
