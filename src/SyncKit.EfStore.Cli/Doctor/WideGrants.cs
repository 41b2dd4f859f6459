namespace SyncKit.EfStore.Cli.Doctor;

/// <summary>
/// What is granted on the event log beyond what a writer, a reader or an eraser needs: on tables, columns, the sequence, the schema and functions. A
/// superuser's grants say nothing, because it may do all of it anyway.
/// </summary>
internal static class WideGrants
{
    // Kinds: t table, c column, s sequence, n schema, f function that its owner alone has to run, e the one for erasers.
    private const string ReadSql = $"""
        WITH ours AS (
            SELECT relation.oid, relation.relowner, relation.relacl, quote_ident(relation.relname) AS name
            FROM unnest($1) AS one (name)
            JOIN pg_class AS relation ON relation.oid = to_regclass(one.name)),
        granted AS (
            SELECT 't' AS kind, ours.name, '' AS part, ours.relowner AS owner, acl.* FROM ours CROSS JOIN aclexplode(ours.relacl) AS acl
            UNION ALL
            SELECT 'c', ours.name, format(' (%I)', one.attname), ours.relowner, acl.*
            FROM ours
            JOIN pg_attribute AS one ON one.attrelid = ours.oid AND one.attnum > 0 AND NOT one.attisdropped
            CROSS JOIN aclexplode(one.attacl) AS acl
            UNION ALL
            SELECT 's', format('SEQUENCE %s', one.oid::regclass), '', one.relowner, acl.*
            FROM pg_class AS one CROSS JOIN aclexplode(one.relacl) AS acl WHERE one.oid = {LogNames.Sequence}
            UNION ALL
            SELECT 'n', format('SCHEMA %I', one.nspname), '', one.nspowner, acl.*
            FROM pg_namespace AS one CROSS JOIN aclexplode(one.nspacl) AS acl
            WHERE one.nspname = current_schema() AND NOT (one.nspname = 'public' AND current_setting('server_version_num')::int < 150000)
            UNION ALL
            SELECT CASE run.signature WHEN '{LogNames.EraseFunction}' THEN 'e' ELSE 'f' END, format('FUNCTION %s', run.signature), '', one.proowner, acl.*
            FROM unnest($2) AS run (signature)
            JOIN pg_proc AS one ON one.oid = to_regprocedure(run.signature)
            CROSS JOIN aclexplode(coalesce(one.proacl, acldefault('f', one.proowner))) AS acl),
        judged AS (
            SELECT granted.*, grantee = 0 AS everybody, coalesce(quote_ident(role.rolname), 'PUBLIC') AS role, privilege_type || part AS privilege,
                CASE
                    WHEN kind = 's' THEN privilege_type = 'UPDATE'
                    WHEN kind = 'n' THEN privilege_type = 'CREATE' AND grantee = 0
                    WHEN kind IN ('e', 'f') THEN grantee = 0
                    WHEN name = '{LogNames.Audit}' THEN privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER')
                        OR grantee = 0 AND privilege_type = 'SELECT'
                    WHEN grantee = 0 THEN privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER')
                        OR name = '{LogNames.Events}' AND privilege_type = 'SELECT'
                    WHEN name = '{LogNames.Events}' THEN privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER')
                    ELSE privilege_type = 'TRIGGER'
                END AS is_wide
            FROM granted
            LEFT JOIN pg_roles AS role ON role.oid = grantee
            WHERE grantee <> owner AND NOT coalesce(role.rolsuper, false))
        SELECT role, kind, name, string_agg(DISTINCT privilege, ', '), everybody, true,
            everybody AND kind <> 'n' AND NOT bool_and(name = '{LogNames.Events}' AND privilege_type = 'SELECT')
        FROM judged WHERE is_wide GROUP BY role, kind, name, everybody
        UNION ALL
        SELECT role, kind, name, string_agg(DISTINCT privilege, ', '), everybody, false, false
        FROM judged WHERE is_grantable AND NOT is_wide AND kind <> 'n' GROUP BY role, kind, name, everybody
        ORDER BY 5 DESC, 1, 3, 6 DESC
        """;

    private static readonly string[] Functions = [LogNames.EraseFunction, LogNames.AuditFunction, LogNames.TruncateFunction];

    internal static Task<List<WideGrant>> ReadAsync(Patient patient, CancellationToken cancellationToken) => patient.QueryAsync(
        ReadSql,
        reader => Judge(
            reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetBoolean(4), reader.GetBoolean(5), reader.GetBoolean(6)),
        cancellationToken,
        ExpectedColumn.Tables.Append(LogNames.Migrations).ToArray(),
        Functions);

    private static WideGrant Judge(string role, string kind, string name, string privileges, bool everybody, bool isWide, bool isFault)
    {
        if (!isWide)
        {
            return new WideGrant(
                role, $"{role} may hand {privileges} on {name} to others.", $"REVOKE GRANT OPTION FOR {privileges} ON {name} FROM {role};", IsFault: false);
        }

        var why = (kind, everybody) switch
        {
            ("e", _) => "Everybody who can log in may erase events.",
            ("s", _) => "Whoever may set the sequence can have versions given twice.",
            ("n", _) => "Everybody who can log in may put a function or table of a known name there.",
            (_, true) => "Everybody who can log in may.",
            _ when name == LogNames.Audit => "Its triggers alone write the audit.",
            _ when name == LogNames.Events => "Events are never changed.",
            _ => "A trigger runs with the rights of whoever writes.",
        };
        return new WideGrant(role, $"{role} may {privileges}{(name.Contains(' ') ? " on" : "")} {name}. {why}", $"REVOKE {privileges} ON {name} FROM {role};", isFault);
    }
}
