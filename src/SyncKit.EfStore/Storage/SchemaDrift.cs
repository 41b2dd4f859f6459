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

    // Every script after the table and its columns can run again on a provisioned database: indexes, functions, triggers, in order.
    private const string FirstRepeatable = "0001/03_";

    private const string FindSql = $"""
        SELECT object FROM (VALUES
            ('table {SchemaNames.SubscriptionsTable}', to_regclass(format('%I.{SchemaNames.SubscriptionsTable}', current_schema())) IS NOT NULL),
            ('table {SchemaNames.ParkedTable}', to_regclass(format('%I.{SchemaNames.ParkedTable}', current_schema())) IS NOT NULL),
            ('index {SchemaNames.StreamIndex}', EXISTS (
                SELECT FROM pg_index
                WHERE indexrelid = to_regclass(format('%I.{SchemaNames.StreamIndex}', current_schema())) AND indisunique AND indisvalid)),
            ('index {SchemaNames.StreamNameIndex}', to_regclass(format('%I.{SchemaNames.StreamNameIndex}', current_schema())) IS NOT NULL),
            ('index {SchemaNames.TypeIndex}', to_regclass(format('%I.{SchemaNames.TypeIndex}', current_schema())) IS NOT NULL),
            ('index {SchemaNames.CreatedAtIndex}', to_regclass(format('%I.{SchemaNames.CreatedAtIndex}', current_schema())) IS NOT NULL),
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
            ('trigger {SchemaNames.NotifyTrigger}', EXISTS (
                SELECT FROM pg_trigger
                WHERE tgrelid = '{SchemaNames.EventsTable}'::regclass AND tgname = '{SchemaNames.NotifyTrigger}'
                    AND tgnewtable = 'new_events' AND tgenabled IN ('O', 'A')
                    AND pg_get_triggerdef(oid) LIKE '%WHEN %{SchemaNames.NotifySetting}%'
                    AND tgfoid = to_regprocedure(format('%I.{SchemaNames.NotifyFunction}()', current_schema())))),
            ('trigger {SchemaNames.StreamVersionTrigger}', EXISTS (
                SELECT FROM pg_trigger
                WHERE tgrelid = '{SchemaNames.EventsTable}'::regclass AND tgname = '{SchemaNames.StreamVersionTrigger}'
                    AND tgqual IS NOT NULL AND tgenabled IN ('O', 'A')
                    AND tgfoid = to_regprocedure(format('%I.{SchemaNames.StreamVersionFunction}()', current_schema()))))
        ) AS checked (object, in_place)
        WHERE NOT in_place
        """;

    /// <summary>The objects that are missing or not as the newest migration left them; empty where all is in place.</summary>
    internal static async Task<IReadOnlyList<string>> FindAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(FindSql, connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = FunctionBody(StreamChannelScript) });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = FunctionBody(NotifyFunctionScript) });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = FunctionBody(StreamVersionFunctionScript) });

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
