namespace SyncKit.EfStore.Storage.Roles;

/// <summary>
/// Least privilege as SQL: what is too wide is taken away, then each role gets what it needs, and in the end the server is asked
/// whether a role can still do more, by another road. Runs again at any time.
/// </summary>
internal sealed class RoleStatements(EventStoreRoleNames roles, string schema, string versionSequence)
{
    private static readonly string[] Tables =
    [
        SchemaNames.EventsTable, SchemaNames.SubscriptionsTable, SchemaNames.ParkedTable, SchemaNames.AuditTable, SchemaNames.MigrationsHistoryTable,
        SchemaNames.CopiesTable, SchemaNames.CopyRunsTable, SchemaNames.OriginsTable,
    ];

    private const string ChannelFunction = $"{SchemaNames.StreamChannelFunction}(text)";
    private const string EraseFunction = $"{SchemaNames.EraseFunction}(text, bigint[], text)";

    private static readonly string[] Functions =
    [
        ChannelFunction, EraseFunction, $"{SchemaNames.NotifyFunction}()", $"{SchemaNames.StreamVersionFunction}()",
        $"{SchemaNames.MigrationsFunction}()", $"{SchemaNames.AuditFunction}()", $"{SchemaNames.TruncateFunction}()",
    ];

    private readonly string _schema = SqlIdentifier.Quote(schema);

    /// <summary>Without semicolons, to be run in one transaction.</summary>
    internal IEnumerable<string> All()
    {
        IEnumerable<string> created = roles.Create ? roles.All.Select(Create) : [];
        string[] owned = roles.Owner is { } owner ? [.. Own(SqlIdentifier.Quote(owner))] : [];
        IEnumerable<string?> grantees = [roles.Writer, roles.Reader, roles.Eraser];
        string[] grants = [.. grantees.OfType<string>().SelectMany(role => Narrow(SqlIdentifier.Quote(role)))];
        return [.. created, .. owned, .. Narrow("PUBLIC"), .. grants, .. Writer(), .. Reader(), .. Eraser(), .. Check()];
    }

    private static string Create(string role) => SqlIdentifier.Block($"""
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {SqlIdentifier.Literal(role)}) THEN
                CREATE ROLE {SqlIdentifier.Quote(role)} NOLOGIN;
            END IF;
        END
        """);

    private IEnumerable<string> Own(string owner)
    {
        yield return $"GRANT USAGE, CREATE ON SCHEMA {_schema} TO {owner}";
        foreach (var table in Tables)
        {
            yield return $"ALTER TABLE {In(table)} OWNER TO {owner}";
        }

        foreach (var function in Functions)
        {
            yield return $"ALTER FUNCTION {In(function)} OWNER TO {owner}";
        }
    }

    private IEnumerable<string> Narrow(string role)
    {
        yield return $"REVOKE CREATE ON SCHEMA {_schema} FROM {role}";
        yield return $"REVOKE ALL ON TABLE {string.Join(", ", Tables.Select(In))} FROM {role}";
        yield return $"REVOKE ALL ON SEQUENCE {In(SqlIdentifier.Quote(versionSequence))} FROM {role}";
        yield return $"REVOKE ALL ON FUNCTION {string.Join(", ", Functions.Select(In))} FROM {role}";
    }

    private IEnumerable<string> Writer()
    {
        if (roles.Writer is { } writer)
        {
            var role = SqlIdentifier.Quote(writer);
            yield return $"GRANT USAGE ON SCHEMA {_schema} TO {role}";
            yield return $"GRANT SELECT, INSERT ON TABLE {In(SchemaNames.EventsTable)} TO {role}";
            yield return $"GRANT USAGE ON SEQUENCE {In(SqlIdentifier.Quote(versionSequence))} TO {role}";
            yield return $"GRANT SELECT, INSERT, UPDATE ON TABLE {In(SchemaNames.SubscriptionsTable)} TO {role}";
            yield return $"GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE {In(SchemaNames.ParkedTable)} TO {role}";
            yield return $"GRANT SELECT, INSERT, UPDATE ON TABLE {In(SchemaNames.CopiesTable)}, {In(SchemaNames.CopyRunsTable)} TO {role}";
            yield return $"GRANT SELECT, INSERT ON TABLE {In(SchemaNames.OriginsTable)} TO {role}";
            yield return $"GRANT SELECT ON TABLE {In(SchemaNames.MigrationsHistoryTable)} TO {role}";
            yield return $"GRANT EXECUTE ON FUNCTION {In(ChannelFunction)} TO {role}";
        }
    }

    private IEnumerable<string> Reader()
    {
        if (roles.Reader is { } reader)
        {
            var role = SqlIdentifier.Quote(reader);
            string[] readable =
            [
                SchemaNames.EventsTable, SchemaNames.SubscriptionsTable, SchemaNames.ParkedTable, SchemaNames.MigrationsHistoryTable,
                SchemaNames.CopiesTable, SchemaNames.CopyRunsTable, SchemaNames.OriginsTable,
            ];
            yield return $"GRANT USAGE ON SCHEMA {_schema} TO {role}";
            yield return $"GRANT SELECT ON TABLE {string.Join(", ", readable.Select(In))} TO {role}";
        }
    }

    private IEnumerable<string> Eraser()
    {
        if (roles.Eraser is { } eraser)
        {
            var role = SqlIdentifier.Quote(eraser);
            yield return $"GRANT USAGE ON SCHEMA {_schema} TO {role}";
            yield return $"GRANT EXECUTE ON FUNCTION {In(EraseFunction)} TO {role}";
        }
    }

    /// <summary>A superuser, a member of the owner's role or of pg_write_all_data can do more than any grant says.</summary>
    private IEnumerable<string> Check()
    {
        (string? Role, string Events)[] forbidden =
        [
            (roles.Writer, "UPDATE, DELETE, TRUNCATE, TRIGGER"),
            (roles.Reader, "INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER"),
            (roles.Eraser, "SELECT, INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER"),
        ];
        foreach (var (name, privileges) in forbidden)
        {
            if (name is not null)
            {
                var role = SqlIdentifier.Literal(name);
                var audit = "SELECT, INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER";
                yield return SqlIdentifier.Block($"""
                    BEGIN
                        IF pg_catalog.has_table_privilege({role}, {Literal(SchemaNames.EventsTable)}, '{privileges}')
                            OR pg_catalog.has_table_privilege({role}, {Literal(SchemaNames.AuditTable)}, '{audit}')
                            OR pg_catalog.has_schema_privilege({role}, {SqlIdentifier.Literal(schema)}, 'CREATE')
                        THEN
                            RAISE EXCEPTION 'The role % can still do more than it should: it is a superuser, owns the log or the schema, is a member of a role that may, or was granted it by another role.', {role}
                                USING ERRCODE = 'invalid_grant_operation';
                        END IF;
                    END
                    """);
            }
        }
    }

    private string In(string name) => $"{_schema}.{name}";

    private string Literal(string table) => SqlIdentifier.Literal(In(table));
}
