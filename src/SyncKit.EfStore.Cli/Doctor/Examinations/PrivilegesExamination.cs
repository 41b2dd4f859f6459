namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>Who may change, remove or erase events, which are facts, or see and touch their audit: nobody needs to but the owner. And who may write at all.</summary>
internal sealed class PrivilegesExamination : IExamination
{
    private const string GrantsSql = $"""
        SELECT CASE grant_.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(role.rolname) END, quote_ident(relation.relname),
            string_agg(grant_.privilege_type, ', ' ORDER BY grant_.privilege_type), grant_.grantee = 0
        FROM pg_class AS relation
        CROSS JOIN aclexplode(relation.relacl) AS grant_
        LEFT JOIN pg_roles AS role ON role.oid = grant_.grantee
        WHERE relation.oid IN (to_regclass('{LogNames.Events}'), to_regclass('{LogNames.Subscriptions}'), to_regclass('{LogNames.Parked}'),
                to_regclass('{LogNames.Audit}'))
            AND grant_.grantee <> relation.relowner
            AND CASE
                WHEN relation.oid = to_regclass('{LogNames.Audit}') THEN
                    grant_.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE') OR (grant_.grantee = 0 AND grant_.privilege_type = 'SELECT')
                WHEN grant_.grantee = 0 THEN grant_.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
                WHEN relation.oid = to_regclass('{LogNames.Events}') THEN grant_.privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE')
            END
        GROUP BY 1, 2, 4
        ORDER BY 4 DESC, 1, 2
        """;

    private const string OwnSql = $"""
        SELECT
            quote_ident(current_user),
            (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
            (SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = '{LogNames.Events}'::regclass),
            has_table_privilege('{LogNames.Events}', 'UPDATE') OR has_table_privilege('{LogNames.Events}', 'DELETE')
                OR has_table_privilege('{LogNames.Events}', 'TRUNCATE'),
            coalesce(has_function_privilege('public', to_regprocedure('{LogNames.EraseFunction}')::oid, 'EXECUTE'), false)
        """;

    public string Name => "privileges";

    public async Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken)
    {
        var (role, super, owner, wide, erasable) = await patient.ReadAsync(
            OwnSql,
            reader => (reader.GetString(0), reader.GetBoolean(1), reader.GetBoolean(2), reader.GetBoolean(3), reader.GetBoolean(4)),
            cancellationToken);
        var grants = await patient.QueryAsync(
            GrantsSql,
            reader => (Role: reader.GetString(0), Table: reader.GetString(1), Privileges: reader.GetString(2), Public: reader.GetBoolean(3)),
            cancellationToken);
        var diagnosis = Diagnosis.Fine(
            owner
                ? $"Nobody but its owner may change events. Role {role} is the owner: right for migrations, more than an application needs."
                : "Nobody but its owner may change events.");
        foreach (var (grantee, table, privileges, everybody) in grants)
        {
            var (message, advice) = ($"{grantee} may {privileges} {table}.", $"REVOKE {privileges} ON {table} FROM {grantee};");
            if (everybody)
            {
                diagnosis.Fault($"{message} Everybody who can log in may.", advice);
            }
            else
            {
                diagnosis.Warn($"{message} {(table == LogNames.Audit ? "Its triggers alone write the audit." : "Events are never changed.")}", advice);
            }
        }

        if (erasable)
        {
            diagnosis.Fault(
                "Everybody who can log in may erase events.", $"REVOKE EXECUTE ON FUNCTION {LogNames.EraseFunction} FROM PUBLIC;");
        }

        if (super)
        {
            diagnosis.Warn(
                $"Role {role} of this connection is a superuser, which an application must not be.",
                "Connect as a role of its own with the grants of a writer: synckit roles --writer NAME prints them, --apply runs them.");
        }
        else if (wide && !owner && grants.All(grant => grant.Role != role))
        {
            diagnosis.Warn(
                $"Role {role} of this connection may change events, by a role that it is a member of.",
                "Take it out of pg_write_all_data, or of the role that has the grant.");
        }

        return diagnosis;
    }
}
