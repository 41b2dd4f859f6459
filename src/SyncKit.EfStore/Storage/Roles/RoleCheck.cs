namespace SyncKit.EfStore.Storage.Roles;

/// <summary>
/// Asks the server whether a role can do more than it was granted, by itself or as any role that it can become, and names the road. A grant may
/// be inherited, taken by SET ROLE, or both; a member with ADMIN alone can grant itself the rest. So membership of any kind counts.
/// </summary>
internal sealed class RoleCheck(string schema, string versionSequence, string eraseFunction)
{
    private const string Read = "SELECT";

    /// <summary>Every privilege on a table; MAINTAIN is there from PostgreSQL 17 on.</summary>
    private static readonly string[] TablePrivileges = [Read, "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN"];

    private readonly string _schema = SqlIdentifier.Quote(schema);

    /// <summary>A statement that fails where the role can do more.</summary>
    /// <param name="name">The role's.</param>
    /// <param name="tables">All of the log, each with what the role may do there.</param>
    /// <param name="functions">All of the log.</param>
    /// <param name="mayDraw">Whether it may draw a version.</param>
    /// <param name="mayErase">Whether it may call the function that erases.</param>
    internal string Statement(
        string name, IReadOnlyDictionary<string, string[]> tables, IEnumerable<string> functions, bool mayDraw, bool mayErase)
    {
        var role = SqlIdentifier.Literal(name);
        var tableNames = string.Join(", ", tables.Keys.Select(table => $"{Literal(table)}::regclass"));
        var functionNames = string.Join(", ", functions.Select(function => $"{Literal(function)}::regprocedure"));
        var tooMuch = string.Join(
            ",\n                    ",
            tables.SelectMany(table => TablePrivileges.Except(table.Value).Select(privilege => $"({Literal(table.Key)}, '{privilege}')")));
        var sequence = Literal(SqlIdentifier.Quote(versionSequence));
        var erase = mayErase ? "" : $"""

                    UNION ALL SELECT 6, 'may call {SchemaNames.EraseFunction}', 'EXECUTE', {SqlIdentifier.Literal("FUNCTION " + In(eraseFunction))}, NULL
                    WHERE pg_catalog.has_function_privilege(reached.oid, {Literal(eraseFunction)}, 'EXECUTE')
            """;

        // What a role is, and what it owns, no other inherits: there the role itself comes first. A privilege shows in all who inherit it:
        // whoever can become the fewest others is where it comes from.
        return SqlIdentifier.Block($"""
            DECLARE
                _road RECORD;
            BEGIN
                SELECT reached.rolname AS name, wide.may, wide.privilege, wide.place, wide.cure, (
                    SELECT pg_catalog.format('REVOKE %I FROM %I', step.rolname, {role})
                    FROM pg_catalog.pg_auth_members AS link
                        JOIN pg_catalog.pg_roles AS step ON step.oid = link.roleid
                        JOIN pg_catalog.pg_roles AS self ON self.oid = link.member
                    WHERE self.rolname = {role} AND pg_catalog.pg_has_role(step.oid, reached.oid, 'MEMBER')
                    ORDER BY step.oid <> reached.oid, step.rolname
                    LIMIT 1) AS leave
                INTO _road
                FROM pg_catalog.pg_roles AS reached
                    CROSS JOIN LATERAL (
                        SELECT 1 AS rank, 'is a superuser' AS may, NULL AS privilege, NULL AS place, pg_catalog.format('ALTER ROLE %I NOSUPERUSER', reached.rolname) AS cure
                        WHERE reached.rolsuper
                    UNION ALL SELECT 2, 'may create roles and grant them (CREATEROLE)', NULL, NULL, pg_catalog.format('ALTER ROLE %I NOCREATEROLE', reached.rolname)
                        WHERE reached.rolcreaterole
                    UNION ALL SELECT 3, 'may read all that is written, the audit too (REPLICATION)', NULL, NULL, pg_catalog.format('ALTER ROLE %I NOREPLICATION', reached.rolname)
                        WHERE reached.rolreplication
                    UNION ALL SELECT 4, 'may use files or programs of the server', NULL, NULL, NULL
                        WHERE reached.rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program')
                    UNION ALL SELECT 5, 'owns the database', NULL, NULL, pg_catalog.format('ALTER DATABASE %I OWNER TO another role', datname)
                        FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database() AND datdba = reached.oid
                    UNION ALL SELECT 5, 'owns the schema', NULL, NULL, pg_catalog.format('ALTER SCHEMA %I OWNER TO another role', nspname)
                        FROM pg_catalog.pg_namespace WHERE nspname = {SqlIdentifier.Literal(schema)} AND nspowner = reached.oid
                    UNION ALL SELECT 5, 'owns ' || relname, NULL, NULL, 'give the log another owner with --owner'
                        FROM pg_catalog.pg_class WHERE oid IN ({tableNames}) AND relowner = reached.oid
                    UNION ALL SELECT 5, 'owns ' || proname, NULL, NULL, 'give the log another owner with --owner'
                        FROM pg_catalog.pg_proc WHERE oid IN ({functionNames}) AND proowner = reached.oid
                    UNION ALL SELECT 6, 'may create in the schema', 'CREATE', {SqlIdentifier.Literal("SCHEMA " + _schema)}, NULL
                        WHERE pg_catalog.has_schema_privilege(reached.oid, {SqlIdentifier.Literal(schema)}, 'CREATE')
                    UNION ALL SELECT 6, 'may set the next version', 'UPDATE', 'SEQUENCE ' || {sequence}, NULL
                        WHERE pg_catalog.has_sequence_privilege(reached.oid, {sequence}, '{(mayDraw ? "UPDATE" : "UPDATE, USAGE")}'){erase}
                    UNION ALL SELECT 6, pg_catalog.format('may %s %s', asked.privilege, asked.place), asked.privilege, 'TABLE ' || asked.place, NULL
                        FROM (VALUES
                            {tooMuch}
                        ) AS asked (place, privilege)
                        WHERE CASE
                            WHEN asked.privilege = 'MAINTAIN' AND pg_catalog.current_setting('server_version_num')::int < 170000 THEN false
                            WHEN asked.privilege IN ('{Read}', 'INSERT', 'UPDATE', 'REFERENCES')
                                THEN pg_catalog.has_any_column_privilege(reached.oid, asked.place, asked.privilege)
                            ELSE pg_catalog.has_table_privilege(reached.oid, asked.place, asked.privilege)
                        END
                    ) AS wide
                WHERE pg_catalog.pg_has_role({role}, reached.oid, 'MEMBER')
                ORDER BY wide.rank,
                    wide.rank < 6 AND reached.rolname <> {role},
                    (SELECT pg_catalog.count(*) FROM pg_catalog.pg_roles AS further WHERE pg_catalog.pg_has_role(reached.oid, further.oid, 'MEMBER')),
                    reached.rolname,
                    wide.may
                LIMIT 1;

                IF FOUND THEN
                    RAISE EXCEPTION 'The role % can still do more than it should: % %. To do: %', {role},
                        CASE WHEN _road.name = {role} THEN 'it' ELSE pg_catalog.format('%s, of which it is a member,', _road.name) END,
                        _road.may,
                        CASE
                            WHEN _road.name <> {role} THEN _road.leave
                            WHEN _road.cure IS NOT NULL THEN _road.cure
                            ELSE pg_catalog.format(
                                'REVOKE %s ON %s FROM %I, or FROM PUBLIC, CASCADE, as the role that granted it, which is not the owner',
                                _road.privilege, _road.place, {role})
                        END
                        USING ERRCODE = 'invalid_grant_operation';
                END IF;
            END
            """);
    }

    private string In(string name) => $"{_schema}.{name}";

    private string Literal(string name) => SqlIdentifier.Literal(In(name));
}
