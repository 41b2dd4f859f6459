namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>Who may change, remove or erase events, which are facts, or see and touch their audit: nobody needs to but the owner. And who may write at all.</summary>
internal sealed class PrivilegesExamination : IExamination
{
    private const string OwnSql = $"""
        SELECT
            quote_ident(current_user),
            (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
            (SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = '{LogNames.Events}'::regclass),
            has_any_column_privilege('{LogNames.Events}', 'UPDATE') OR has_table_privilege('{LogNames.Events}', 'DELETE, TRUNCATE, TRIGGER')
        """;

    // Who has the rights of another role, or takes them by SET ROLE. Of an owner that cannot log in, members are the way to migrate: only a writer must not be one.
    private const string MembersSql = $"""
        SELECT quote_ident(member.rolname), quote_ident(held.rolname)
        FROM pg_class AS relation
        JOIN pg_roles AS held ON held.oid = relation.relowner OR held.rolname = 'pg_write_all_data'
        JOIN pg_roles AS member ON member.rolcanlogin AND NOT member.rolsuper AND member.oid NOT IN (held.oid, relation.relowner)
            AND member.rolname <> current_user AND pg_has_role(member.oid, held.oid, 'MEMBER')
        WHERE relation.oid = '{LogNames.Events}'::regclass
            AND (held.oid <> relation.relowner OR held.rolcanlogin OR EXISTS (
                SELECT FROM aclexplode(relation.relacl) AS direct WHERE direct.grantee = member.oid AND direct.privilege_type = 'INSERT'))
        ORDER BY 1, 2
        """;

    // PostgreSQL 14 lets everybody create in schema public: no fault of this database, and easily changed.
    private const string DefaultSql = """
        SELECT current_setting('server_version_num')::int < 150000 AND nspname = 'public' AND has_schema_privilege('public', oid, 'CREATE')
        FROM pg_namespace WHERE nspname = current_schema()
        """;

    public string Name => "privileges";

    public async Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken)
    {
        var (role, super, owner, wide) = await patient.ReadAsync(
            OwnSql, reader => (reader.GetString(0), reader.GetBoolean(1), reader.GetBoolean(2), reader.GetBoolean(3)), cancellationToken);
        var grants = await WideGrants.ReadAsync(patient, cancellationToken);
        var open = await patient.ReadAsync(DefaultSql, reader => reader.GetBoolean(0), cancellationToken);
        var diagnosis = Diagnosis.Fine(
            (owner
                ? $"Nobody but its owner may change events. Role {role} is the owner: right for migrations, more than an application needs."
                : "Nobody but its owner may change events.")
            + (open ? " Everybody may create in schema public, as PostgreSQL 14 has it; REVOKE CREATE ON SCHEMA public FROM PUBLIC; takes it away." : ""));
        foreach (var grant in grants)
        {
            diagnosis.Complain(grant.IsFault, grant.Message, grant.Revoke);
        }

        var members = await patient.QueryAsync(MembersSql, reader => (Role: reader.GetString(0), Of: reader.GetString(1)), cancellationToken);
        foreach (var member in members)
        {
            diagnosis.Warn(
                $"{member.Role} may change events, as a member of {member.Of}.", $"REVOKE {member.Of} FROM {member.Role}; if it is not to migrate or to mend.");
        }

        if (super)
        {
            diagnosis.Warn(
                $"Role {role} of this connection is a superuser, which an application must not be.",
                "Connect as a role of its own with the grants of a writer: synckit roles --writer NAME prints them, --apply runs them.");
        }
        else if (wide && !owner && grants.All(grant => grant.Role != role && grant.Role != "PUBLIC"))
        {
            diagnosis.Warn(
                $"Role {role} of this connection may change events, by a role that it is a member of.",
                "Take it out of pg_write_all_data, or of the role that has the grant.");
        }

        return diagnosis;
    }
}
