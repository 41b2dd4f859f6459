namespace SyncKit.EfStore.Cli.Doctor;

/// <summary>A column as the migrations make it.</summary>
/// <param name="Table">Where it is.</param>
/// <param name="Name">Of the column.</param>
/// <param name="Type">As <c>format_type</c> writes it.</param>
/// <param name="IsRequired">Whether it is NOT NULL.</param>
/// <param name="Filling">What fills it where a writer leaves it out, as SQL; empty where nothing does.</param>
internal sealed record ExpectedColumn(string Table, string Name, string Type, bool IsRequired, string Filling)
{
    internal const string StreamName = "stream_name";

    /// <summary>What <c>pg_get_expr</c> writes of the generated column.</summary>
    internal const string StreamNameExpression = "('stream_'::text || aggregate_id)";

    private const string Identity = "GENERATED ALWAYS AS IDENTITY";

    // Table, column, type; ! for NOT NULL; what fills it.
    private const string Lines = """
        events|version|bigint|!|
        events|id|text|!|
        events|aggregate_id|text|!|
        events|event_type|text|!|
        events|data|jsonb||
        events|metadata|jsonb||
        events|created_at|timestamp with time zone||now()
        events|stream_name|text||
        events|stream_version|bigint|!|
        event_subscriptions|name|text|!|
        event_subscriptions|checkpoint|bigint|!|
        event_subscriptions|event_id|text||
        event_subscriptions|system_identifier|bigint||
        event_subscriptions|timeline|integer||
        event_subscriptions|lease_owner|text||
        event_subscriptions|lease_until|timestamp with time zone||
        event_subscriptions|fencing_token|bigint|!|0
        event_subscriptions|status|text|!|'running'
        event_subscriptions|error|text||
        event_subscriptions|rebuild_from|bigint||
        event_subscriptions|rebuild_target|bigint||
        event_subscriptions|rebuild_started_at|timestamp with time zone||
        event_subscriptions|updated_at|timestamp with time zone|!|now()
        event_subscriptions_parked|subscription|text|!|
        event_subscriptions_parked|version|bigint|!|
        event_subscriptions_parked|event_id|text|!|
        event_subscriptions_parked|aggregate_id|text|!|
        event_subscriptions_parked|event_type|text|!|
        event_subscriptions_parked|attempts|integer|!|
        event_subscriptions_parked|error|text|!|
        event_subscriptions_parked|parked_at|timestamp with time zone|!|now()
        event_subscriptions_parked|status|text|!|'parked'
        event_audit|audit_id|bigint|!|GENERATED ALWAYS AS IDENTITY
        event_audit|occurred_at|timestamp with time zone|!|statement_timestamp()
        event_audit|operation|text|!|
        event_audit|login_role|text|!|session_user
        event_audit|acting_role|text|!|CASE current_setting('role') WHEN 'none' THEN session_user ELSE current_setting('role') END
        event_audit|client_address|inet||inet_client_addr()
        event_audit|application_name|text|!|current_setting('application_name')
        event_audit|transaction_id|bigint|!|pg_current_xact_id()::text::bigint
        event_audit|aggregate_id|text||
        event_audit|event_id|text||
        event_audit|first_version|bigint||
        event_audit|last_version|bigint||
        event_audit|events|bigint|!|1
        event_audit|old_row|jsonb||
        event_audit|reason|text||
        event_copies|copy_id|bigint|!|GENERATED ALWAYS AS IDENTITY
        event_copies|source|text|!|
        event_copies|position|bigint|!|
        event_copies|position_fingerprint|text|!|
        event_copies|keeps_versions|boolean|!|
        event_copies|started_at|timestamp with time zone|!|now()
        event_copies|updated_at|timestamp with time zone|!|now()
        event_copy_runs|copy_id|bigint|!|
        event_copy_runs|source_version|bigint|!|
        event_copy_runs|target_version|bigint|!|
        event_copy_runs|events|bigint|!|
        event_origins|version|bigint|!|
        event_origins|origin_node|text||
        event_origins|origin_counter|bigint||
        """;

    internal static IReadOnlyList<ExpectedColumn> All { get; } =
        [.. Lines.Split('\n').Select(line => line.Split('|')).Select(part => new ExpectedColumn(part[0], part[1], part[2], part[3] == "!", part[4]))];

    /// <summary>The tables that have them, by name.</summary>
    internal static IReadOnlyList<string> Tables { get; } = [.. All.Select(column => column.Table).Distinct()];

    internal bool IsStreamName => Name == StreamName && Table == LogNames.Events;

    /// <summary>The SQL that adds it.</summary>
    internal string Add => IsStreamName ? MakeStreamName : $"ALTER TABLE {Table} ADD COLUMN {Name} {Type}"
        + Filling switch { "" => "", Identity => $" {Identity}", _ => $"{(IsRequired ? " NOT NULL" : "")} DEFAULT {Filling}" } + ";";

    internal string ChangeType => $"ALTER TABLE {Table} ALTER COLUMN {Name} TYPE {Type} USING {Name}::{Type};";

    internal string Require => $"ALTER TABLE {Table} ALTER COLUMN {Name} SET NOT NULL;";

    internal string Fill => Filling == Identity
        ? $"ALTER TABLE {Table} ALTER COLUMN {Name} ADD {Identity};"
        : $"ALTER TABLE {Table} ALTER COLUMN {Name} SET DEFAULT {Filling};";

    internal static string MakeStreamName =>
        "ALTER TABLE events DROP COLUMN IF EXISTS stream_name, ADD COLUMN stream_name text GENERATED ALWAYS AS ('stream_' || aggregate_id) STORED; "
        + "CREATE INDEX IF NOT EXISTS idx_events_stream_name ON events (stream_name);";
}
