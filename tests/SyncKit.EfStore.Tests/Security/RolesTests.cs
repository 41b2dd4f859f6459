using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Security;

/// <summary>What <c>synckit roles</c> grants, and above all what it does not. Roles are the cluster's, so each test has names of its own.</summary>
[TestClass]
public sealed partial class RolesTests : IAsyncDisposable
{
    private readonly string _prefix = $"T {Guid.NewGuid().ToString("N")[..12]}";
    private readonly List<string> _created = [];
    private PostgresDatabase _database = null!;
    private NpgsqlConnection _owner = null!;

    private EventStoreRoleNames Names => new() { Writer = _prefix + " w", Reader = _prefix + " r\"; --", Eraser = _prefix + " e'" };

    [TestInitialize]
    public async Task CreateDatabase()
    {
        _database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        _owner = await RawSql.ConnectAsync(_database.ConnectionString);
        foreach (var name in Names.All)
        {
            await CreateAsync(name, "LOGIN");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var role in _created)
        {
            await _owner.RunAsync($"DROP OWNED BY {Quoted(role)}; DROP ROLE {Quoted(role)}");
        }

        await _owner.DisposeAsync();
        await _database.DisposeAsync();
    }

    [TestMethod]
    [DataRow("UPDATE events SET event_type = 'X'")]
    [DataRow("UPDATE events SET event_type = 'X' WHERE false")]
    [DataRow("DELETE FROM events")]
    [DataRow("TRUNCATE events")]
    [DataRow("SELECT * FROM events FOR UPDATE")]
    [DataRow("SELECT * FROM event_audit")]
    [DataRow("INSERT INTO event_audit (operation) VALUES ('ERASE')")]
    [DataRow("DELETE FROM event_audit")]
    [DataRow("TRUNCATE event_audit")]
    [DataRow("SELECT erase_events('a', NULL, 'r')")]
    [DataRow("DROP TABLE events")]
    [DataRow("ALTER TABLE events ADD COLUMN x int")]
    [DataRow("ALTER TABLE events DISABLE TRIGGER ALL")]
    [DataRow("ALTER TABLE events OWNER TO CURRENT_USER")]
    [DataRow("CREATE TABLE public.mine (x int)")]
    [DataRow("CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'")]
    [DataRow("CREATE SCHEMA mine")]
    [DataRow("CREATE INDEX ON events (id)")]
    [DataRow("DROP TRIGGER events_audit_delete_trigger ON events")]
    [DataRow("DROP FUNCTION notify_event_inserted() CASCADE")]
    [DataRow("SELECT setval('events_version_seq', 1)")]
    [DataRow("ALTER SEQUENCE events_version_seq RESTART")]
    [DataRow("INSERT INTO __synckit_migrations VALUES ('99990101000000_X', '1')")]
    [DataRow("DELETE FROM event_subscriptions")]
    [DataRow("SET session_replication_role = replica")]
    [DataRow("CREATE TRIGGER mine AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()")]
    [DataRow("COPY events TO PROGRAM 'cat'")]
    public async Task A_writer_is_denied(string sql)
    {
        await EventStoreRoles.ApplyAsync(_database.ConnectionString, Names);
        await using var writer = await LoginAsync(Names.Writer!);

        await AssertDeniedAsync(writer, sql);
    }

    [TestMethod]
    public async Task A_reader_reads_and_is_denied_the_rest()
    {
        await EventStoreRoles.ApplyAsync(_database.ConnectionString, Names);
        await using (var writer = Store(Names.Writer!))
        {
            await writer.Events.StoreAsync(Sample.Events("a", 3));
        }

        await using var store = Store(Names.Reader!);
        Assert.HasCount(3, await store.Events.LoadAsync(EventVersion.Zero).ToListAsync());
        Assert.AreEqual(3, (await store.Events.GetLatestVersionAsync()).Value);
        Assert.HasCount(3, await store.Services.GetRequiredService<IRealtimeEventStore>().SubscribeAsync(EventVersion.Zero).Take(3).ToListAsync());
        Assert.IsEmpty(await store.Services.GetRequiredService<ISubscriptions>().ListAsync());
        await using var reader = await LoginAsync(Names.Reader!);
        foreach (var sql in (string[])
        [
            "INSERT INTO events (id, aggregate_id, event_type) VALUES ('1', 'a', 'T')",
            "INSERT INTO events (id, aggregate_id, event_type, version, stream_version) VALUES ('1', 'a', 'T', 99, 99)",
            "UPDATE events SET id = id", "DELETE FROM events", "TRUNCATE events", "SELECT * FROM event_audit", "SELECT nextval('events_version_seq')",
            "UPDATE event_subscriptions SET checkpoint = 0", "SELECT erase_events('a', NULL, 'r')", "CREATE TABLE public.mine (x int)",
        ])
        {
            await AssertDeniedAsync(reader, sql);
        }

        var denied = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(() => store.Events.StoreAsync(Sample.Event("a")));
        Assert.AreEqual(UnavailableReason.PermissionDenied, denied.Reason);
    }

    [TestMethod]
    public async Task An_eraser_erases_and_is_denied_the_rest_even_to_look()
    {
        await EventStoreRoles.ApplyAsync(_database.ConnectionString, Names);
        await using (var writer = Store(Names.Writer!))
        {
            await writer.Events.StoreAsync(Sample.Events("a", 3));
        }

        await using var eraser = await LoginAsync(Names.Eraser!);
        foreach (var sql in (string[])
        [
            "SELECT * FROM events", "SELECT count(*) FROM events", "INSERT INTO events (id, aggregate_id, event_type) VALUES ('1', 'a', 'T')",
            "UPDATE events SET id = id", "DELETE FROM events", "TRUNCATE events", "SELECT * FROM event_audit", "SELECT * FROM event_subscriptions",
            "SELECT * FROM event_subscriptions_parked", "SELECT nextval('events_version_seq')", "CREATE TABLE public.mine (x int)",
        ])
        {
            await AssertDeniedAsync(eraser, sql);
        }

        await using var store = Store(Names.Eraser!);
        Assert.HasCount(3, (await store.Services.GetRequiredService<IEventErasure>().EraseAsync("a", "request")).Erased);
        Assert.AreEqual(Names.Eraser, await _owner.ScalarAsync<string>("SELECT DISTINCT login_role FROM event_audit"));
        foreach (var call in (Func<Task>[])
        [
            () => store.Events.LoadAsync(EventVersion.Zero).ToListAsync().AsTask(),
            () => store.Services.GetRequiredService<IEventAudit>().ReadAsync().ToListAsync().AsTask(),
        ])
        {
            Assert.AreEqual(UnavailableReason.PermissionDenied, (await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(call)).Reason);
        }

        await using var writing = Store(Names.Writer!);
        var notAllowed = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(
            () => writing.Services.GetRequiredService<IEventErasure>().EraseAsync("a", "request"));
        Assert.AreEqual(UnavailableReason.PermissionDenied, notAllowed.Reason);
    }

    [TestMethod]
    public async Task What_was_too_wide_is_taken_away_and_again_changes_nothing()
    {
        await _owner.RunAsync($"""
            GRANT ALL ON events, event_audit, event_subscriptions, event_subscriptions_parked, __synckit_migrations TO PUBLIC, {Quoted(Names.Writer!)};
            GRANT UPDATE (data) ON events TO {Quoted(Names.Reader!)};
            GRANT ALL ON SEQUENCE events_version_seq TO PUBLIC;
            GRANT ALL ON FUNCTION erase_events(text, bigint[], text) TO PUBLIC;
            GRANT CREATE ON SCHEMA public TO PUBLIC, {Quoted(Names.Eraser!)};
            """);

        await EventStoreRoles.ApplyAsync(_database.ConnectionString, Names);
        var once = await PrivilegesAsync();
        await EventStoreRoles.ApplyAsync(_database.ConnectionString, Names);

        Assert.AreEqual(once, await PrivilegesAsync());
        Assert.DoesNotContain("{=", once);
        Assert.DoesNotContain(",=", once);
        await using var reader = await LoginAsync(Names.Reader!);
        await AssertDeniedAsync(reader, "UPDATE events SET data = '1'");
        await AssertDeniedAsync(reader, "CREATE TABLE public.mine (x int)");
    }

    [TestMethod]
    public async Task Several_at_once_wait_for_each_other()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => EventStoreRoles.ApplyAsync(_database.ConnectionString, Names)));

        await using var writer = Store(Names.Writer!);
        await writer.Events.StoreAsync(Sample.Event("a"));
    }

    [TestMethod]
    public async Task The_printed_script_does_the_same()
    {
        await _owner.RunAsync(EventStoreRoles.Script(Names));
        var printed = await PrivilegesAsync();
        await EventStoreRoles.ApplyAsync(_database.ConnectionString, Names);

        Assert.AreEqual(await PrivilegesAsync(), printed);
        await using var writer = Store(Names.Writer!);
        await writer.Events.StoreAsync(Sample.Event("a"));
    }

    [TestMethod]
    public async Task An_owner_is_given_the_log_migrates_it_and_is_audited()
    {
        var owner = _prefix + " o";
        await CreateAsync(owner, "LOGIN");
        await EventStoreRoles.ApplyAsync(_database.ConnectionString, Names with { Owner = owner });

        Assert.IsEmpty((await EventStoreSchema.MigrateAsync(ConnectionString(owner))).Mended);
        await using var connection = await LoginAsync(owner);
        await connection.RunAsync("DROP TRIGGER events_audit_delete_trigger ON events");
        Assert.HasCount(1, (await EventStoreSchema.MigrateAsync(ConnectionString(owner))).Mended);
        await using var writer = Store(Names.Writer!);
        await writer.Events.StoreAsync(Sample.Events("a", 2));
        await using var eraser = Store(Names.Eraser!);
        Assert.HasCount(2, (await eraser.Services.GetRequiredService<IEventErasure>().EraseAsync("a", "request")).Erased);
        await connection.RunAsync("DELETE FROM events");
        Assert.AreEqual(owner, await connection.ScalarAsync<string>("SELECT DISTINCT login_role FROM event_audit WHERE operation = 'DELETE'"));
        await EventStoreRoles.ApplyAsync(ConnectionString(owner), Names);
        Assert.AreEqual(0, await connection.ScalarAsync<long>("SELECT count(*) FROM pg_proc WHERE prosecdef AND proowner::regrole::text <> quote_ident(current_user) AND pronamespace = 'public'::regnamespace"));
    }

    [TestMethod]
    public async Task In_a_schema_of_its_own_as_well()
    {
        await _owner.RunAsync("CREATE SCHEMA \"Tenant B\"");
        var tenant = new NpgsqlConnectionStringBuilder(_database.ConnectionString) { SearchPath = "\"Tenant B\"" }.ConnectionString;
        await EventStoreSchema.MigrateAsync(tenant);

        await EventStoreRoles.ApplyAsync(tenant, Names);

        var login = new NpgsqlConnectionStringBuilder(ConnectionString(Names.Writer!)) { SearchPath = "\"Tenant B\"" }.ConnectionString;
        await using var store = new TestStore(login);
        await store.Events.StoreAsync(Sample.Events("a", 2));
        await using var writer = await LoginAsync(Names.Writer!);
        await AssertDeniedAsync(writer, "SELECT * FROM public.events");
        await AssertDeniedAsync(writer, "DELETE FROM \"Tenant B\".events");
        await using var owner = await RawSql.ConnectAsync(tenant);
        await owner.RunAsync("UPDATE events SET event_type = 'U'; DO $$ BEGIN PERFORM erase_events('a', NULL, 'r'); END $$");
        Assert.AreEqual(4, await _owner.ScalarAsync<long>("SELECT count(*) FROM \"Tenant B\".event_audit"));
        Assert.AreEqual(0, await _owner.ScalarAsync<long>("SELECT count(*) FROM public.event_audit"));
    }

    [TestMethod]
    public async Task Missing_roles_are_created_when_asked_to_and_refused_otherwise()
    {
        var missing = new EventStoreRoleNames { Writer = _prefix + " missing $do$; DROP TABLE events; --" };
        var refused = await Assert.ThrowsExactlyAsync<InvalidInputException>(() => EventStoreRoles.ApplyAsync(_database.ConnectionString, missing));
        Assert.Contains("must exist, or be asked to be created", refused.Message);

        _created.Add(missing.Writer!);
        await EventStoreRoles.ApplyAsync(_database.ConnectionString, missing with { Create = true });
        await EventStoreRoles.ApplyAsync(_database.ConnectionString, missing with { Create = true });

        Assert.IsFalse(await _owner.ScalarAsync<bool>("SELECT rolcanlogin FROM pg_roles WHERE rolname = $1", missing.Writer));
        Assert.IsTrue(await _owner.ScalarAsync<bool>("SELECT has_table_privilege($1::name, 'events', 'INSERT')", missing.Writer));
    }

    /// <summary>W, R and E stand for the roles, O for a role that owns the log, G for a group.</summary>
    private static readonly (string Widen, string Road, int Since)[] Roads =
    [
        ("ALTER ROLE W SUPERUSER", "W: it is a superuser. To do: ALTER ROLE W NOSUPERUSER", 0),
        ("ALTER ROLE W CREATEROLE", "W: it may create roles and grant them (CREATEROLE). To do: ALTER ROLE W NOCREATEROLE", 0),
        ("ALTER ROLE R REPLICATION", "R: it may read all that is written, the audit too (REPLICATION). To do: ALTER ROLE R NOREPLICATION", 0),
        ("ALTER ROLE G CREATEROLE; GRANT G TO W", "W: G, of which it is a member, may create roles and grant them (CREATEROLE). To do: REVOKE G FROM W", 0),
        ("ALTER ROLE W NOINHERIT; GRANT O TO W", "W: O, of which it is a member, owns __synckit_migrations. To do: REVOKE O FROM W", 0),
        ("ALTER ROLE W NOINHERIT; GRANT O TO G; GRANT G TO W", "W: O, of which it is a member, owns __synckit_migrations. To do: REVOKE G FROM W", 0),
        ("GRANT O TO W WITH INHERIT FALSE, SET TRUE", "W: O, of which it is a member, owns", 16),
        ("GRANT O TO E WITH ADMIN TRUE, SET FALSE, INHERIT FALSE", "E: O, of which it is a member, owns", 16),
        ("ALTER TABLE events OWNER TO W", "W: it owns events. To do: give the log another owner with --owner", 0),
        ("ALTER FUNCTION notify_event_inserted() OWNER TO R", "R: it owns notify_event_inserted. To do: give the log another owner with --owner", 0),
        ("GRANT UPDATE (data) ON events TO G; GRANT G TO W", "W: G, of which it is a member, may UPDATE \"public\".events. To do: REVOKE G FROM W", 0),
        ("GRANT SELECT (old_row) ON event_audit TO G; GRANT G TO W", "W: G, of which it is a member, may SELECT \"public\".event_audit", 0),
        ("GRANT SELECT (id) ON events TO G; GRANT G TO E", "E: G, of which it is a member, may SELECT \"public\".events", 0),
        ("GRANT DELETE ON event_subscriptions TO G; GRANT G TO W", "W: G, of which it is a member, may DELETE \"public\".event_subscriptions", 0),
        ("GRANT UPDATE ON SEQUENCE events_version_seq TO G; GRANT G TO W", "W: G, of which it is a member, may set the next version", 0),
        ("GRANT CREATE ON SCHEMA public TO G; GRANT G TO W", "W: G, of which it is a member, may create in the schema", 0),
        ("GRANT E TO W", "W: E, of which it is a member, may call erase_events. To do: REVOKE E FROM W", 0),
        ("GRANT W TO R", "R: W, of which it is a member, may ", 0),
        ("GRANT W TO E", "E: W, of which it is a member, may ", 0),
        ("GRANT pg_read_server_files TO W", "W: pg_read_server_files, of which it is a member, may use files or programs of the server", 0),
        ("GRANT pg_write_server_files TO G; GRANT G TO W", "W: pg_write_server_files, of which it is a member, may use files", 0),
        ("GRANT pg_execute_server_program TO W", "W: pg_execute_server_program, of which it is a member, may use files", 0),
        ("GRANT pg_write_all_data TO W", "W: pg_write_all_data, of which it is a member, may ", 0),
        ("GRANT pg_read_all_data TO R", "R: pg_read_all_data, of which it is a member, may SELECT \"public\".event_audit. To do: REVOKE pg_read_all_data FROM R", 0),
        ("GRANT pg_read_all_data TO E", "E: pg_read_all_data, of which it is a member, may SELECT", 0),
        ("GRANT pg_maintain TO W", "W: pg_maintain, of which it is a member, may MAINTAIN \"public\".", 17),
        (
            "GRANT ALL ON events TO O WITH GRANT OPTION; SET LOCAL ROLE O; GRANT UPDATE ON events TO W; RESET ROLE",
            "W: it may UPDATE \"public\".events. To do: REVOKE UPDATE ON TABLE \"public\".events FROM W, or FROM PUBLIC, CASCADE, as the role that granted it",
            0
        ),
    ];

    [TestMethod]
    public async Task A_role_that_can_do_more_by_another_road_is_refused_by_the_name_of_the_road()
    {
        var (owner, group) = (_prefix + " o", _prefix + " g");
        await CreateAsync(owner, "NOLOGIN");
        await CreateAsync(group, "NOLOGIN");
        var script = EventStoreRoles.Script(Names).Replace("BEGIN;\n\n", "", StringComparison.Ordinal);
        foreach (var (widen, road, since) in Roads.Where(road => road.Since <= _owner.PostgreSqlVersion.Major))
        {
            await _owner.RunAsync("BEGIN");
            await _owner.RunAsync(Named("ALTER TABLE __synckit_migrations OWNER TO O"));
            await _owner.RunAsync(Named(widen));
            var error = await Assert.ThrowsExactlyAsync<PostgresException>(() => _owner.RunAsync(script), widen);
            Assert.AreEqual(PostgresErrorCodes.InvalidGrantOperation, error.SqlState, widen);
            Assert.Contains(Told(road), error.MessageText, widen);
            await _owner.RunAsync("ROLLBACK");
        }

        await _owner.RunAsync($"GRANT pg_write_all_data TO {Quoted(Names.Writer!)}");
        var refused = await Assert.ThrowsExactlyAsync<InvalidInputException>(() => EventStoreRoles.ApplyAsync(_database.ConnectionString, Names));
        Assert.Contains($"The role {Names.Writer} can still do more than it should: pg_write_all_data, of which it is a member, may ", refused.Message);
        Assert.IsFalse(await _owner.ScalarAsync<bool>("SELECT has_table_privilege($1::name, 'events', 'SELECT')", Names.Reader));

        string Named(string sql) => Replaced(sql, Quoted);

        // The role that it is about by its name, every other in SQL as SQL has it.
        string Told(string message) => message[0] switch
        {
            'W' => Names.Writer,
            'R' => Names.Reader,
            _ => Names.Eraser,
        } + " can still do more than it should" + message[1..].Split(" To do: ") switch
        {
            [var told, var cure] => Replaced(told, name => name) + " To do: " + Replaced(cure, Quoted),
            [var told, ..] => Replaced(told, name => name),
            _ => "",
        };

        string Replaced(string text, Func<string, string> write) => RoleLetter().Replace(text, letter => write(letter.Value switch
        {
            "W" => Names.Writer!,
            "R" => Names.Reader!,
            "E" => Names.Eraser!,
            "O" => owner,
            _ => group,
        }));
    }

    [TestMethod]
    public async Task A_member_of_a_good_writer_or_reader_is_a_good_one()
    {
        var login = _prefix + " m";
        await CreateAsync(login, "LOGIN");
        await EventStoreRoles.ApplyAsync(_database.ConnectionString, Names);
        await _owner.RunAsync($"GRANT {Quoted(Names.Writer!)}, {Quoted(Names.Reader!)} TO {Quoted(login)}");

        await EventStoreRoles.ApplyAsync(_database.ConnectionString, new EventStoreRoleNames { Writer = login });

        await using var store = Store(login);
        await store.Events.StoreAsync(Sample.Event("a"));
    }

    [TestMethod]
    public async Task What_a_role_passed_on_is_for_somebody_to_decide()
    {
        await _owner.RunAsync($"""
            GRANT UPDATE ON events TO {Quoted(Names.Writer!)} WITH GRANT OPTION;
            SET ROLE {Quoted(Names.Writer!)};
            GRANT UPDATE ON events TO {Quoted(Names.Reader!)};
            RESET ROLE;
            """);

        var refused = await Assert.ThrowsExactlyAsync<InvalidInputException>(() => EventStoreRoles.ApplyAsync(_database.ConnectionString, Names));
        Assert.Contains("as the owner of the log", refused.Message);

        await _owner.RunAsync(refused.Message[refused.Message.IndexOf("REVOKE", StringComparison.Ordinal)..^1]);
        await EventStoreRoles.ApplyAsync(_database.ConnectionString, Names);
    }

    [TestMethod]
    public async Task An_owner_who_is_no_superuser_can_ask_all_of_it()
    {
        var owner = _prefix + " o";
        await CreateAsync(owner, "LOGIN");
        await EventStoreRoles.ApplyAsync(_database.ConnectionString, Names with { Owner = owner });

        await EventStoreRoles.ApplyAsync(ConnectionString(owner), Names);
        await _owner.RunAsync($"ALTER ROLE {Quoted(Names.Writer!)} NOINHERIT; GRANT {Quoted(owner)} TO {Quoted(Names.Writer!)}");

        var refused = await Assert.ThrowsExactlyAsync<InvalidInputException>(() => EventStoreRoles.ApplyAsync(ConnectionString(owner), Names));
        Assert.Contains($"{owner}, of which it is a member, owns", refused.Message);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("public")]
    [DataRow("none")]
    [DataRow("pg_monitor")]
    [DataRow("a\0b")]
    [DataRow("a123456789b123456789c123456789d123456789e123456789f123456789abcd")]
    public void A_name_that_no_role_can_have_is_refused(string name)
    {
        Assert.AreEqual("writer", Assert.ThrowsExactly<InvalidInputException>(() => EventStoreRoles.Script(new EventStoreRoleNames { Writer = name })).Field);
    }

    [TestMethod]
    public void Nobody_and_two_of_the_same_name_are_refused()
    {
        Assert.ThrowsExactly<InvalidInputException>(() => EventStoreRoles.Script(new EventStoreRoleNames()));
        Assert.ThrowsExactly<InvalidInputException>(() => EventStoreRoles.Script(new EventStoreRoleNames { Writer = "\ud800" }));
        Assert.ThrowsExactly<InvalidInputException>(() => EventStoreRoles.Script(new EventStoreRoleNames { Writer = "a", Eraser = "a" }));
    }

    private static string Quoted(string role) => $"\"{role.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    [GeneratedRegex("\\b[WREOG]\\b")]
    private static partial Regex RoleLetter();

    private static async Task AssertDeniedAsync(NpgsqlConnection connection, string sql) => Assert.AreEqual(
        PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsExactlyAsync<PostgresException>(() => connection.RunAsync(sql), sql)).SqlState, sql);

    private async Task CreateAsync(string role, string how)
    {
        await _owner.RunAsync($"CREATE ROLE {Quoted(role)} {how} PASSWORD '{TestRoles.Password}'");
        _created.Add(role);
    }

    private string ConnectionString(string role) =>
        new NpgsqlConnectionStringBuilder(_database.ConnectionString) { Username = role, Password = TestRoles.Password }.ConnectionString;

    private Task<NpgsqlConnection> LoginAsync(string role) => RawSql.ConnectAsync(ConnectionString(role));

    private TestStore Store(string role) => new(ConnectionString(role));

    private Task<string> PrivilegesAsync() => _owner.ScalarAsync<string>("""
        SELECT string_agg(acl, E'\n' ORDER BY acl)
        FROM (
            SELECT relname || ' ' || relacl::text AS acl FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relacl IS NOT NULL
            UNION ALL
            SELECT attrelid::regclass || '.' || attname || ' ' || attacl::text FROM pg_attribute WHERE attacl IS NOT NULL AND attrelid = 'events'::regclass
            UNION ALL
            SELECT proname || ' ' || proacl::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        ) AS privileges
        """);
}
