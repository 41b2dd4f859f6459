using System.Data;
using System.Text.RegularExpressions;
using Npgsql;

namespace SyncKit.EfStore.Storage;

/// <summary>
/// Finds and mends what another program changed in the schema. A go-sync-kit service runs its own DDL at each start, which
/// puts its row trigger and function back; then a long stream name aborts every INSERT.
/// </summary>
internal static partial class SchemaDrift
{
    private const string NotifyFunctionScript = "0002/02_notify_event_inserted.sql";
    private const string StreamVersionFunctionScript = "0001/10_assign_event_stream_version.sql";
    private const string StreamChannelScript = "0002/01_event_stream_channel.sql";
    private const string AuditFunctionScript = "0004/02_audit_event_changes.sql";
    private const string TruncateFunctionScript = "0004/04_guard_event_truncation.sql";
    private const string EraseFunctionScript = "0004/06_erase_events.sql";
    private const string MigrationsFunctionScript = "0001/12_skip_recorded_migration.sql";

    // Every script after the table and its columns can run again on a provisioned database: indexes, functions, triggers, in order.
    private const string FirstRepeatable = "0001/03_";

    // $1, $2 … below, in this order.
    private static readonly string[] FunctionScripts =
    [
        StreamChannelScript, NotifyFunctionScript, StreamVersionFunctionScript, AuditFunctionScript, TruncateFunctionScript, EraseFunctionScript,
        MigrationsFunctionScript,
    ];

    // pg_trigger.tgtype: 1 for each row, 2 before, 4 INSERT, 8 DELETE, 16 UPDATE, 32 TRUNCATE.
    private const int BeforeInsertForEachRow = 1 + 2 + 4;
    private const int AfterInsert = 4;
    private const int AfterDelete = 8;
    private const int AfterUpdate = 16;
    private const int AfterTruncate = 32;
    private const int BeforeTruncate = 2 + 32;

    private const string RunsAsOwner = "prosecdef AND 'search_path=pg_catalog, pg_temp' = ANY (proconfig)";

    private static readonly string FindSql = $"""
        SELECT object FROM (VALUES
            ('table {SchemaNames.SubscriptionsTable}', to_regclass(format('%I.{SchemaNames.SubscriptionsTable}', current_schema())) IS NOT NULL),
            ('table {SchemaNames.ParkedTable}', to_regclass(format('%I.{SchemaNames.ParkedTable}', current_schema())) IS NOT NULL),
            ('table {SchemaNames.AuditTable}', to_regclass(format('%I.{SchemaNames.AuditTable}', current_schema())) IS NOT NULL),
            ('table {SchemaNames.CopiesTable}', to_regclass(format('%I.{SchemaNames.CopiesTable}', current_schema())) IS NOT NULL),
            ('table {SchemaNames.CopyRunsTable}', to_regclass(format('%I.{SchemaNames.CopyRunsTable}', current_schema())) IS NOT NULL),
            ('table {SchemaNames.OriginsTable}', to_regclass(format('%I.{SchemaNames.OriginsTable}', current_schema())) IS NOT NULL),
            ('index {SchemaNames.StreamIndex}', {HasIndex(SchemaNames.StreamIndex, "indisunique AND indnkeyatts = 2", "aggregate_id", "stream_version")}),
            ('index {SchemaNames.StreamNameIndex}', {HasIndex(SchemaNames.StreamNameIndex, "true", "stream_name")}),
            ('index {SchemaNames.TypeIndex}', {HasIndex(SchemaNames.TypeIndex, "true", "event_type")}),
            ('index {SchemaNames.CreatedAtIndex}', {HasIndex(SchemaNames.CreatedAtIndex, "true", "created_at")}),
            ('function {SchemaNames.StreamChannelFunction}', EXISTS (
                SELECT FROM pg_proc
                WHERE oid = to_regprocedure(format('%I.{SchemaNames.StreamChannelFunction}(text)', current_schema()))
                    AND regexp_replace(prosrc, '\s+', ' ', 'g') = $1 AND provolatile = 's')),
            ('function {SchemaNames.NotifyFunction}', EXISTS (
                SELECT FROM pg_proc
                WHERE oid = to_regprocedure(format('%I.{SchemaNames.NotifyFunction}()', current_schema()))
                    AND regexp_replace(prosrc, '\s+', ' ', 'g') = $2
                    AND array_to_string(proconfig, ' ') LIKE 'search_path=%')),
            ('function {SchemaNames.StreamVersionFunction}', EXISTS (
                SELECT FROM pg_proc
                WHERE oid = to_regprocedure(format('%I.{SchemaNames.StreamVersionFunction}()', current_schema()))
                    AND regexp_replace(prosrc, '\s+', ' ', 'g') = $3
                    AND 'enable_seqscan=off' = ANY (proconfig) AND array_to_string(proconfig, ' ') LIKE '%search_path=%')),
            ('function {SchemaNames.AuditFunction}', EXISTS (
                SELECT FROM pg_proc
                WHERE oid = to_regprocedure(format('%I.{SchemaNames.AuditFunction}()', current_schema()))
                    AND regexp_replace(prosrc, '\s+', ' ', 'g') = {InSchema("$4")} AND {RunsAsOwner})),
            ('function {SchemaNames.TruncateFunction}', EXISTS (
                SELECT FROM pg_proc
                WHERE oid = to_regprocedure(format('%I.{SchemaNames.TruncateFunction}()', current_schema()))
                    AND regexp_replace(prosrc, '\s+', ' ', 'g') = {InSchema("$5")} AND {RunsAsOwner})),
            ('function {SchemaNames.EraseFunction}', EXISTS (
                SELECT FROM pg_proc
                WHERE oid = to_regprocedure(format('%I.{SchemaNames.EraseFunction}(text, bigint[], text)', current_schema()))
                    AND regexp_replace(prosrc, '\s+', ' ', 'g') = {InSchema("$6")} AND {RunsAsOwner})),
            ('function {SchemaNames.MigrationsFunction}', EXISTS (
                SELECT FROM pg_proc
                WHERE oid = to_regprocedure(format('%I.{SchemaNames.MigrationsFunction}()', current_schema()))
                    AND regexp_replace(prosrc, '\s+', ' ', 'g') = $7 AND array_to_string(proconfig, ' ') LIKE 'search_path=%')),
            ('trigger {SchemaNames.NotifyTrigger}', {HasTrigger(
                SchemaNames.NotifyTrigger, SchemaNames.NotifyFunction, AfterInsert, newTable: "new_events",
                condition: $"(current_setting('{SchemaNames.NotifySetting}'::text, true) IS DISTINCT FROM 'off'::text)")}),
            ('trigger {SchemaNames.StreamVersionTrigger}', {HasTrigger(
                SchemaNames.StreamVersionTrigger, SchemaNames.StreamVersionFunction, BeforeInsertForEachRow, condition: "(new.stream_version IS NULL)")}),
            ('trigger {SchemaNames.AuditUpdateTrigger}', {HasTrigger(
                SchemaNames.AuditUpdateTrigger, SchemaNames.AuditFunction, AfterUpdate, "old_events", "new_events")}),
            ('trigger {SchemaNames.AuditDeleteTrigger}', {HasTrigger(
                SchemaNames.AuditDeleteTrigger, SchemaNames.AuditFunction, AfterDelete, "old_events")}),
            ('trigger {SchemaNames.TruncateGuardTrigger}', {HasTrigger(
                SchemaNames.TruncateGuardTrigger, SchemaNames.TruncateFunction, BeforeTruncate)}),
            ('trigger {SchemaNames.TruncateAuditTrigger}', {HasTrigger(
                SchemaNames.TruncateAuditTrigger, SchemaNames.TruncateFunction, AfterTruncate)}),
            ('trigger {SchemaNames.MigrationsTrigger}', {HasTrigger(
                SchemaNames.MigrationsTrigger, SchemaNames.MigrationsFunction, BeforeInsertForEachRow, table: SchemaNames.MigrationsHistoryTable)})
        ) AS checked (object, in_place)
        WHERE NOT in_place
        """;

    /// <summary>The objects that are missing or not as the newest migration left them; empty where all is in place.</summary>
    internal static async Task<IReadOnlyList<string>> FindAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(FindSql, connection);
        foreach (var script in FunctionScripts)
        {
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = FunctionBody(script) });
        }

        var drifted = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            drifted.Add(reader.GetString(0));
        }

        return drifted;
    }

    /// <summary>Puts everything back in one transaction; returns what had drifted. Writers wait meanwhile.</summary>
    internal static async Task<IReadOnlyList<string>> MendAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // Asked first without a lock: a start-up that finds all in place disturbs nobody.
        if ((await FindAsync(connection, cancellationToken).ConfigureAwait(false)).Count == 0)
        {
            return [];
        }

        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken)
            .ConfigureAwait(false);
        await ExecuteAsync(connection, $"LOCK TABLE {SchemaNames.EventsTable} IN ACCESS EXCLUSIVE MODE", cancellationToken).ConfigureAwait(false);
        var drifted = await FindAsync(connection, cancellationToken).ConfigureAwait(false);
        foreach (var script in SchemaScripts.From(FirstRepeatable))
        {
            await ExecuteAsync(connection, script, cancellationToken).ConfigureAwait(false);
        }

        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        return drifted;
    }

    /// <summary>The body of a function that names its schema, as its file makes it for this one.</summary>
    private static string InSchema(string template) =>
        $"regexp_replace(format({template}, current_schema(), format('%I.{SchemaNames.EventsTable}', current_schema()), current_schema()), '\\s+', ' ', 'g')";

    /// <summary>
    /// Judged by its first columns: an adopted log may have an index of another kind, or one column fewer. The rest of a key decides what is unique
    /// alone, and there it is counted.
    /// </summary>
    private static string HasIndex(string index, string condition, params string[] columns) => $"""
        EXISTS (
                SELECT FROM pg_index
                WHERE indexrelid = to_regclass(format('%I.{index}', current_schema()))
                    AND indrelid = '{SchemaNames.EventsTable}'::regclass AND indisvalid AND indpred IS NULL AND indexprs IS NULL AND {condition}
                    AND {string.Join(" AND ", columns.Select((column, n) => $"pg_get_indexdef(indexrelid, {n + 1}, false) = '{column}'"))})
        """;

    /// <summary>By the parts of its definition, because the whole names schemas, which every database calls otherwise.</summary>
    private static string HasTrigger(
        string trigger, string function, int type, string? oldTable = null, string? newTable = null, string? condition = null,
        string table = SchemaNames.EventsTable) => $"""
        EXISTS (
                SELECT FROM pg_trigger
                WHERE tgrelid = '{table}'::regclass AND tgname = '{trigger}' AND tgenabled IN ('O', 'A')
                    AND tgfoid = to_regprocedure(format('%I.{function}()', current_schema()))
                    AND tgtype = {type} AND tgconstraint = 0 AND tgattr::text = ''
                    AND tgoldtable IS NOT DISTINCT FROM {Literal(oldTable)} AND tgnewtable IS NOT DISTINCT FROM {Literal(newTable)}
                    AND substring(pg_get_triggerdef(oid) FROM ' WHEN \((.*)\) EXECUTE ') IS NOT DISTINCT FROM {Literal(condition)})
        """;

    private static string Literal(string? text) => text is null ? "NULL" : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// What pg_proc.prosrc holds of a function's file: everything between its dollar quotes. White space counts as one space, because
    /// EF's idempotent script indents every line.
    /// </summary>
    private static string FunctionBody(string script)
    {
        const string quote = "$function$";
        var text = SchemaScripts.Read(script);
        var start = text.IndexOf(quote, StringComparison.Ordinal) + quote.Length;
        return WhiteSpace().Replace(text[start..text.LastIndexOf(quote, StringComparison.Ordinal)], " ");
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();
}
