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

    private static readonly Dictionary<string, string[]> WriterTables = new()
    {
        [SchemaNames.EventsTable] = ["SELECT", "INSERT"],
        [SchemaNames.SubscriptionsTable] = ["SELECT", "INSERT", "UPDATE"],
        [SchemaNames.ParkedTable] = ["SELECT", "INSERT", "UPDATE", "DELETE"],
        [SchemaNames.AuditTable] = [],
        [SchemaNames.MigrationsHistoryTable] = ["SELECT"],
        [SchemaNames.CopiesTable] = ["SELECT", "INSERT", "UPDATE"],
        [SchemaNames.CopyRunsTable] = ["SELECT", "INSERT", "UPDATE"],
        [SchemaNames.OriginsTable] = ["SELECT", "INSERT"],
    };

    private static readonly Dictionary<string, string[]> ReaderTables =
        Tables.ToDictionary(table => table, table => (string[])(table == SchemaNames.AuditTable ? [] : ["SELECT"]));

    private static readonly Dictionary<string, string[]> EraserTables = Tables.ToDictionary(table => table, _ => (string[])[]);

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

        // Two at once would fail on a row of the catalog that both write; a migration is waited for too, no reader or writer is.
        var alone = $"LOCK TABLE {In(SchemaNames.EventsTable)} IN SHARE UPDATE EXCLUSIVE MODE";
        return [alone, .. created, .. owned, .. Narrow("PUBLIC"), .. grants, .. Writer(), .. Reader(), .. Eraser(), .. Check()];
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

    /// <summary>What the library needs.</summary>
    private IEnumerable<string> Writer() => roles.Writer is not { } writer ? [] :
    [
        .. Grant(writer, WriterTables),
        $"GRANT USAGE ON SEQUENCE {In(SqlIdentifier.Quote(versionSequence))} TO {SqlIdentifier.Quote(writer)}",
        $"GRANT EXECUTE ON FUNCTION {In(ChannelFunction)} TO {SqlIdentifier.Quote(writer)}",
    ];

    private IEnumerable<string> Reader() => roles.Reader is { } reader ? Grant(reader, ReaderTables) : [];

    private IEnumerable<string> Eraser() => roles.Eraser is not { } eraser ? [] :
    [
        .. Grant(eraser, EraserTables),
        $"GRANT EXECUTE ON FUNCTION {In(EraseFunction)} TO {SqlIdentifier.Quote(eraser)}",
    ];

    private IEnumerable<string> Grant(string name, Dictionary<string, string[]> tables)
    {
        var role = SqlIdentifier.Quote(name);
        yield return $"GRANT USAGE ON SCHEMA {_schema} TO {role}";
        foreach (var (table, privileges) in tables.Where(table => table.Value.Length > 0))
        {
            yield return $"GRANT {string.Join(", ", privileges)} ON TABLE {In(table)} TO {role}";
        }
    }

    private IEnumerable<string> Check()
    {
        var check = new RoleCheck(schema, versionSequence, EraseFunction);
        foreach (var (name, tables, mayDraw, mayErase) in ((string?, Dictionary<string, string[]>, bool, bool)[])
        [
            (roles.Writer, WriterTables, true, false), (roles.Reader, ReaderTables, false, false), (roles.Eraser, EraserTables, false, true),
        ])
        {
            if (name is not null)
            {
                yield return check.Statement(name, tables, Functions, mayDraw, mayErase);
            }
        }
    }

    private string In(string name) => $"{_schema}.{name}";
}
