using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Respawn;
using SyncKit.EfStore.Storage;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Auditing;

/// <summary>Whoever changes stored events leaves a trace that they cannot leave out.</summary>
[TestClass]
public sealed class EventAuditTests : IAsyncDisposable
{
    private PostgresDatabase _database = null!;
    private TestStore _store = null!;
    private NpgsqlConnection _owner = null!;

    private IEventAudit Audit => _store.Services.GetRequiredService<IEventAudit>();

    [TestInitialize]
    public async Task CreateDatabase()
    {
        _database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        _store = TestStore.AsOwner(_database.ConnectionString);
        _owner = await RawSql.ConnectAsync(new NpgsqlConnectionStringBuilder(_database.ConnectionString) { ApplicationName = "by hand" }.ConnectionString);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _owner.DisposeAsync();
        await _database.DisposeAsync();
    }

    [TestMethod]
    public async Task An_update_leaves_who_when_what_and_the_old_row()
    {
        await _store.Events.StoreAsync([Sample.Event("a", 1), Sample.Event("b", 2), Sample.Event("a", 3)]);
        var before = await _owner.ScalarAsync<DateTime>("SELECT clock_timestamp()");

        await _owner.RunAsync("UPDATE events SET data = '{\"number\": 0}' WHERE aggregate_id = 'a'");

        var entries = await ReadAsync();
        CollectionAssert.AreEqual(new long[] { 1, 3 }, entries.Select(entry => entry.FirstVersion!.Value.Value).ToArray());
        var entry = entries[0];
        var login = await _owner.ScalarAsync<string>("SELECT session_user::text");
        Assert.AreEqual(
            (AuditOperation.Update, login, login, "by hand", "a", 1L),
            (entry.Operation, entry.LoginRole, entry.ActingRole, entry.ApplicationName, entry.AggregateId, entry.Events));
        Assert.AreEqual(await _owner.ScalarAsync<IPAddress>("SELECT inet_client_addr()"), entry.ClientAddress);
        Assert.IsTrue(entry.OccurredAt >= before && entry.OccurredAt < before.AddMinutes(1));
        Assert.AreEqual(entry.TransactionId, entries[1].TransactionId);
        using var row = entry.OldRow!.ToDocument();
        var stored = (await _store.StreamAsync("a"))[0];
        Assert.AreEqual(1, row.RootElement.GetProperty("data").GetProperty("number").GetInt32());
        Assert.AreEqual((stored.Id, entry.EventId), (row.RootElement.GetProperty("id").GetString(), stored.Id));
        Assert.AreEqual(1, row.RootElement.GetProperty("stream_version").GetInt64());
    }

    [TestMethod]
    public async Task A_delete_does_and_so_does_whom_a_role_was_taken_on_for()
    {
        await _store.Events.StoreAsync(Sample.Events("a", 2));
        var role = await CreateRoleAsync("NOLOGIN");
        await _owner.RunAsync($"GRANT SELECT, DELETE ON events TO {role}; SET ROLE {role}; DELETE FROM events WHERE version = 2; RESET ROLE");

        var entry = (await ReadAsync()).Single();

        Assert.AreEqual((AuditOperation.Delete, role, 2L), (entry.Operation, entry.ActingRole, entry.LastVersion!.Value.Value));
        Assert.AreNotEqual(role, entry.LoginRole);
    }

    [TestMethod]
    public async Task Deleting_a_hundred_thousand_events_is_one_statement_and_as_many_entries()
    {
        await _owner.RunAsync("""
            INSERT INTO events (id, aggregate_id, event_type, data, stream_version)
            SELECT 'e' || n, 's' || n, 'T', '{"number": 7}', 1 FROM generate_series(1, 100000) AS n
            """);

        await _owner.RunAsync("UPDATE events SET event_type = 'U'; DELETE FROM events");

        Assert.AreEqual("U 100000, D 100000", await _owner.ScalarAsync<string>("""
            SELECT string_agg(left(operation, 1) || ' ' || count, ', ' ORDER BY first)
            FROM (SELECT operation, count(DISTINCT first_version), min(audit_id) AS first FROM event_audit WHERE old_row IS NOT NULL GROUP BY operation) AS o
            """));
        Assert.AreEqual(100_000, await Audit.ReadAsync(new AuditQuery { Operation = AuditOperation.Delete, Limit = 100_001 }).CountAsync());
    }

    [TestMethod]
    public async Task What_is_rolled_back_leaves_nothing_and_touching_nothing_does_too()
    {
        await _store.Events.StoreAsync(Sample.Event("a"));

        await _owner.RunAsync("BEGIN");
        await _owner.RunAsync("DELETE FROM events");
        await _owner.RunAsync("ROLLBACK");
        await _owner.RunAsync("DELETE FROM events WHERE version = 99");

        Assert.IsEmpty(await ReadAsync());
    }

    [TestMethod]
    public async Task Truncate_is_refused_unless_the_session_says_so_and_then_logged_as_itself()
    {
        await _store.Events.StoreAsync(Sample.Events("a", 5));
        await _owner.RunAsync("SET synckit.allow_truncate = off");

        foreach (var truncate in (string[])["TRUNCATE events", "TRUNCATE events RESTART IDENTITY CASCADE", "TRUNCATE events, event_audit"])
        {
            var refused = await Assert.ThrowsExactlyAsync<PostgresException>(() => _owner.RunAsync(truncate));
            Assert.AreEqual(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
            Assert.Contains("SET synckit.allow_truncate = on in the session", refused.MessageText);
        }

        Assert.AreEqual(5, await _owner.ScalarAsync<long>("SELECT count(*) FROM events"));
        await _owner.RunAsync("SET synckit.allow_truncate = on");
        await _owner.RunAsync("TRUNCATE events, event_audit");
        await _owner.RunAsync("TRUNCATE events");

        var entries = await ReadAsync();
        Assert.HasCount(2, entries);
        Assert.IsTrue(entries.All(entry => entry is { Operation: AuditOperation.Truncate, AggregateId: null, OldRow: null }));
        Assert.AreEqual((1L, 5L, 5L), (entries[0].FirstVersion!.Value.Value, entries[0].LastVersion!.Value.Value, entries[0].Events));
        Assert.AreEqual((null, null, 0L), (entries[1].FirstVersion, entries[1].LastVersion, entries[1].Events));
    }

    [TestMethod]
    public async Task Who_may_change_events_but_not_write_the_audit_leaves_a_trace_all_the_same()
    {
        await _store.Events.StoreAsync(Sample.Event("a"));
        var role = await CreateRoleAsync("LOGIN");
        await _owner.RunAsync($"GRANT SELECT, UPDATE ON events TO {role}");
        await using var intruder = await RawSql.ConnectAsync(Login(role));

        // A function of theirs of a name that the trigger calls, where the session looks first.
        await intruder.RunAsync("CREATE FUNCTION pg_temp.to_jsonb(events) RETURNS jsonb LANGUAGE sql AS 'SELECT NULL::jsonb'; SET search_path = pg_temp, public");
        await intruder.RunAsync("UPDATE public.events SET event_type = 'Forged'");

        var entry = (await ReadAsync()).Single();
        Assert.AreEqual((role, role), (entry.LoginRole, entry.ActingRole));
        Assert.Contains("\"Tested\"", entry.OldRow!.ToString());
        foreach (var denied in (string[])["SELECT * FROM event_audit", "DELETE FROM event_audit", "INSERT INTO event_audit (operation) VALUES ('UPDATE')"])
        {
            var refused = await Assert.ThrowsExactlyAsync<PostgresException>(() => intruder.RunAsync(denied));
            Assert.AreEqual(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState, denied);
        }
    }

    [TestMethod]
    public async Task Nobody_puts_the_audits_function_on_a_table_of_their_own()
    {
        var role = await CreateRoleAsync("LOGIN");
        await _owner.RunAsync($"CREATE SCHEMA mine AUTHORIZATION {role}");
        await using var forger = await RawSql.ConnectAsync(Login(role));
        await forger.RunAsync("CREATE TABLE mine.events (version bigint, id text, aggregate_id text)");

        foreach (var function in (string[])["audit_event_changes", "guard_event_truncation"])
        {
            var refused = await Assert.ThrowsExactlyAsync<PostgresException>(() => forger.RunAsync(
                $"CREATE TRIGGER forged AFTER DELETE ON mine.events REFERENCING OLD TABLE AS old_events FOR EACH STATEMENT EXECUTE FUNCTION public.{function}()"));
            Assert.AreEqual(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
        }
    }

    [TestMethod]
    public async Task Nothing_of_the_audit_fires_on_insert() => Assert.IsEmpty(await _owner.ColumnAsync<string>("""
        SELECT tgname::text FROM pg_trigger
        WHERE tgfoid IN ('audit_event_changes'::regproc, 'guard_event_truncation'::regproc) AND tgtype & 4 <> 0
        """));

    [TestMethod]
    public async Task A_trigger_that_was_switched_off_or_dropped_is_drift_and_is_mended()
    {
        await _owner.RunAsync("ALTER TABLE events DISABLE TRIGGER events_audit_delete_trigger; DROP TRIGGER events_truncate_guard_trigger ON events");
        await _owner.RunAsync("CREATE OR REPLACE FUNCTION audit_event_changes() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'");

        Assert.AreEqual(
            "function audit_event_changes, trigger events_audit_delete_trigger, trigger events_truncate_guard_trigger",
            string.Join(", ", (await SchemaDrift.FindAsync(_owner, CancellationToken.None)).Order(StringComparer.Ordinal)));
        await EventStoreSchema.MigrateAsync(_database.ConnectionString);

        Assert.IsEmpty(await SchemaDrift.FindAsync(_owner, CancellationToken.None));
        await _store.Events.StoreAsync(Sample.Event("a"));
        await _owner.RunAsync("DELETE FROM events");
        Assert.HasCount(1, await ReadAsync());
    }

    [TestMethod]
    public async Task Respawn_resets_a_database_of_the_test_kit()
    {
        await _store.Events.StoreAsync(Sample.Events("a", 3));
        var respawner = await Respawner.CreateAsync(
            _owner, new RespawnerOptions { DbAdapter = DbAdapter.Postgres, TablesToIgnore = [new("__synckit_migrations")] });

        await respawner.ResetAsync(_owner);
        await respawner.ResetAsync(_owner);

        Assert.AreEqual(0, await _owner.ScalarAsync<long>("SELECT count(*) FROM events"));
        await _store.Events.StoreAsync(Sample.Event("a"));
    }

    [TestMethod]
    public async Task Each_condition_of_a_query_counts()
    {
        await _store.Events.StoreAsync([Sample.Event("a"), Sample.Event("b"), Sample.Event("a")]);
        await _owner.RunAsync("UPDATE events SET event_type = 'X' WHERE aggregate_id = 'a'");
        var between = new DateTimeOffset(await _owner.ScalarAsync<DateTime>("SELECT clock_timestamp()"), TimeSpan.Zero);
        await _owner.RunAsync("DELETE FROM events WHERE version = 2");
        await _owner.RunAsync("TRUNCATE events");

        Assert.AreEqual("U1 U3 D2 T1", await ShownAsync(new AuditQuery()));
        Assert.AreEqual("T1 D2 U3 U1", await ShownAsync(new AuditQuery { Direction = ReadDirection.Backwards }));
        Assert.AreEqual("U1 U3", await ShownAsync(new AuditQuery { Before = between }));
        Assert.AreEqual("D2 T1", await ShownAsync(new AuditQuery { From = between }));
        Assert.AreEqual("D2 T1", await ShownAsync(new AuditQuery { AggregateId = "b" }));
        Assert.AreEqual("U3 T1", await ShownAsync(new AuditQuery { Version = new EventVersion(3) }));
        Assert.AreEqual("D2", await ShownAsync(new AuditQuery { Operation = AuditOperation.Delete }));
        Assert.AreEqual("T1", await ShownAsync(new AuditQuery { Direction = ReadDirection.Backwards, Limit = 1 }));
    }

    [TestMethod]
    [DataRow(ReadDirection.Forwards)]
    [DataRow(ReadDirection.Backwards)]
    public async Task It_is_read_over_many_pages(ReadDirection direction)
    {
        await _store.Events.StoreAsync(Sample.Events("a", 500));
        await _owner.RunAsync("DELETE FROM events");

        var versions = await Audit.ReadAsync(new AuditQuery { Direction = direction }).Select(entry => entry.FirstVersion!.Value.Value).ToListAsync();

        var expected = Enumerable.Range(1, 500).Select(n => (long)n);
        CollectionAssert.AreEqual((direction == ReadDirection.Forwards ? expected : expected.Reverse()).ToList(), versions);
        Assert.AreEqual(450, await Audit.ReadAsync(new AuditQuery { Limit = 450 }).CountAsync());
    }

    [TestMethod]
    public async Task A_query_that_cannot_be_is_refused()
    {
        foreach (var (query, field) in new[]
        {
            (new AuditQuery { Limit = 0 }, "limit"),
            (new AuditQuery { AggregateId = "a\0" }, "aggregate_id"),
            (new AuditQuery { Operation = (AuditOperation)9 }, "operation"),
        })
        {
            Assert.AreEqual(field, (await Assert.ThrowsExactlyAsync<InvalidInputException>(async () => await Audit.ReadAsync(query).ToListAsync())).Field);
        }
    }

    [TestMethod]
    public async Task Down_refuses_while_the_audit_holds_something()
    {
        await _store.Events.StoreAsync(Sample.Event("a"));
        await _owner.RunAsync("DELETE FROM events");
        var down = SchemaScripts.Down("0004");

        var refused = await Assert.ThrowsExactlyAsync<PostgresException>(() => _owner.RunAsync(down));
        Assert.Contains("\"event_audit\" holds who changed or erased events", refused.MessageText);
        await _owner.RunAsync("SET synckit.allow_drop = on");
        await _owner.RunAsync(down);

        Assert.IsFalse(await _owner.ScalarAsync<bool>("SELECT to_regclass('event_audit') IS NOT NULL"));
        await _owner.RunAsync("INSERT INTO events (id, aggregate_id, event_type) VALUES ('1', 'a', 'T'); DELETE FROM events");
    }

    private async Task<List<AuditEntry>> ReadAsync() => await Audit.ReadAsync().ToListAsync();

    private async Task<string> ShownAsync(AuditQuery query) => string.Join(
        ' ', await Audit.ReadAsync(query).Select(entry => $"{entry.Operation.ToString()[0]}{entry.FirstVersion}").ToListAsync());

    private string Login(string role) => new NpgsqlConnectionStringBuilder(_database.ConnectionString) { Username = role, Password = TestRoles.Password }.ConnectionString;

    private async Task<string> CreateRoleAsync(string how)
    {
        var role = $"test_{Guid.NewGuid():N}";
        await _owner.RunAsync($"CREATE ROLE {role} {how} PASSWORD '{TestRoles.Password}'");
        return role;
    }
}
