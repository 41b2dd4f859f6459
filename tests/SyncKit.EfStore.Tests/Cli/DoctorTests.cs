using Npgsql;
using SyncKit.EfStore.Testing;
using SyncKit.EfStore.Tests.Notifications;
using SyncKit.EfStore.Tests.Storage;

namespace SyncKit.EfStore.Tests.Cli;

/// <summary>
/// A fault is planted on a real server, the real tool names it with what to do, what it says is done, and its line is ok again. Nothing else is ever
/// complained about.
/// </summary>
[TestClass]
public sealed class DoctorTests : DoctorDatabase
{
    /// <summary>Faults that SQL plants, and the doctor's own SQL mends.</summary>
    [TestMethod]
    [DataRow(
        "ALTER SEQUENCE events_version_seq INCREMENT 10",
        "sequence:fault", "sequence", "Sequence 'events_version_seq' has INCREMENT 10.", "ALTER SEQUENCE events_version_seq INCREMENT 1;")]
    [DataRow(
        "INSERT INTO events (version, id, aggregate_id, event_type) VALUES (1000, 'x', 'a', 'T')",
        "sequence-position:fault chosen-versions:warning", "sequence-position", "stands at 0 and the newest event has version 1000",
        "SELECT setval('events_version_seq', (SELECT max(version) FROM events));")]
    [DataRow(
        "ALTER DATABASE \"{0}\" SET synchronous_commit = off",
        "durability:fault", "durability", "synchronous_commit is off", "ALTER DATABASE {0} RESET synchronous_commit;")]
    [DataRow(
        "GRANT UPDATE, DELETE ON events TO PUBLIC",
        "privileges:fault", "privileges", "PUBLIC may DELETE, UPDATE events.", "REVOKE DELETE, UPDATE ON events FROM PUBLIC;")]
    [DataRow(
        "GRANT TRUNCATE ON events TO pg_read_all_data",
        "privileges:warning", "privileges", "pg_read_all_data may TRUNCATE events.", "REVOKE TRUNCATE ON events FROM pg_read_all_data;")]
    [DataRow(
        "GRANT SELECT ON event_audit TO PUBLIC",
        "privileges:fault", "privileges", "PUBLIC may SELECT event_audit.", "REVOKE SELECT ON event_audit FROM PUBLIC;")]
    [DataRow(
        "GRANT INSERT ON event_audit TO pg_read_all_data",
        "privileges:warning", "privileges", "Its triggers alone write the audit.", "REVOKE INSERT ON event_audit FROM pg_read_all_data;")]
    [DataRow(
        "GRANT EXECUTE ON FUNCTION erase_events(text, bigint[], text) TO PUBLIC",
        "privileges:fault", "privileges", "Everybody who can log in may erase events.",
        "REVOKE EXECUTE ON FUNCTION erase_events(text, bigint[], text) FROM PUBLIC;")]
    [DataRow(
        "ALTER TABLE events SET (autovacuum_enabled = off)",
        "statistics:warning", "statistics", "autovacuum is off for the table of events", "ALTER TABLE events RESET (autovacuum_enabled);")]
    [DataRow(
        "ALTER DATABASE \"{0}\" CONNECTION LIMIT 50",
        "connection-limit:warning", "connection-limit", "A process may open 101 connections", "ALTER DATABASE {0} CONNECTION LIMIT 101;")]
    public async Task A_planted_fault_is_named_and_its_advice_mends_it(string plant, string complaints, string name, string message, string advice)
    {
        var database = new NpgsqlConnectionStringBuilder(ConnectionString).Database!;
        await PlantAsync(plant.Replace("{0}", database, StringComparison.Ordinal));
        advice = advice.Replace("{0}", database, StringComparison.Ordinal);

        var ill = await ExamineAsync();
        await PlantAsync(advice);
        var mended = await ExamineAsync();

        Assert.AreEqual(complaints, ill.Complaints);
        Assert.AreEqual(complaints.Contains("fault", StringComparison.Ordinal) ? 1 : 0, ill.Run.ExitCode);
        Assert.Contains(message, ill[name].Message);
        Assert.Contains(advice, ill[name].Advice!);
        Assert.AreEqual((0, "", "ok"), (mended.Run.ExitCode, mended.Complaints, mended[name].Status));
    }

    /// <summary>Faults that the tool itself mends.</summary>
    [TestMethod]
    [DataRow(
        "INSERT INTO event_subscriptions (name, checkpoint, status, error) VALUES ('invoices', 0, 'faulted', 'no such order')",
        "subscriptions:fault", "subscriptions", "Subscription 'invoices' stopped at version 0 of 0: no such order", "synckit subscriptions resume invoices")]
    [DataRow(
        "INSERT INTO event_subscriptions (name, checkpoint) VALUES ('invoices', 7)",
        "subscriptions:fault", "subscriptions", "is at version 7, and the log ends at 0: the log was rewound", "synckit subscriptions rebuild invoices --from 0")]
    [DataRow(
        "INSERT INTO event_subscriptions (name, checkpoint) VALUES ('invoices', 0); INSERT INTO event_subscriptions_parked "
            + "(subscription, version, event_id, aggregate_id, event_type, attempts, error) VALUES ('invoices', 1, 'e', 'a', 'T', 3, 'boom')",
        "parked-events:warning", "parked-events", "Subscription 'invoices' has 1 parked events of 1 streams", "synckit subscriptions parked drop invoices")]
    [DataRow(
        "DROP INDEX idx_events_type", "schema-drift:warning", "schema-drift", "Changed or missing: index idx_events_type.", "synckit doctor --fix")]
    [DataRow(
        "DROP INDEX idx_events_aggregate_id; CREATE INDEX idx_events_aggregate_id ON events (aggregate_id)",
        "schema-drift:fault uniqueness:fault", "uniqueness", "Index idx_events_aggregate_id is not unique, valid, on (aggregate_id); expected unique",
        "synckit doctor --fix")]
    [DataRow(
        "ALTER TABLE events DISABLE TRIGGER events_notify_trigger",
        "schema-drift:fault", "schema-drift", "Trigger events_notify_trigger is disabled: nobody is told of events.", "synckit doctor --fix")]
    public async Task A_planted_fault_is_named_and_the_tool_mends_it(string plant, string complaints, string name, string message, string mend)
    {
        await PlantAsync(plant);

        var ill = await ExamineAsync();
        var run = await SynckitProcess.RunAsync(ConnectionString, mend.Split(' ')[1..]);
        var mended = await ExamineAsync();

        Assert.AreEqual(complaints, ill.Complaints);
        Assert.Contains(message, ill[name].Message);
        Assert.StartsWith(mend.Replace(" drop invoices", "", StringComparison.Ordinal), ill[name].Advice![Math.Max(0, ill[name].Advice!.IndexOf("synckit", StringComparison.Ordinal))..]);
        Assert.AreEqual(0, run.ExitCode, run.Error);
        Assert.AreEqual((0, "", "ok"), (mended.Run.ExitCode, mended.Complaints, mended[name].Status));
    }

    [TestMethod]
    public async Task A_Go_service_that_put_its_trigger_back_is_named_and_fix_mends_it_at_once()
    {
        await PlantAsync(GoSyncKit.Restart);

        var ill = await ExamineAsync();
        var mended = await ExamineAsync("--fix");

        Assert.AreEqual("schema-drift:fault", ill.Complaints);
        Assert.Contains("function notify_event_inserted, trigger events_notify_trigger", ill["schema-drift"].Message);
        Assert.Contains("as a go-sync-kit service puts it back at each start", ill["schema-drift"].Message);
        Assert.AreEqual((0, ""), (mended.Run.ExitCode, mended.Complaints));
        Assert.Contains("mended trigger events_notify_trigger\n", mended.Run.Error);
    }

    [TestMethod]
    public async Task An_index_whose_build_failed_is_named()
    {
        await PlantAsync("INSERT INTO events (id, aggregate_id, event_type) VALUES ('1', 'a', 'T'), ('2', 'a', 'T')");
        await Assert.ThrowsExactlyAsync<PostgresException>(() => PlantAsync("CREATE UNIQUE INDEX CONCURRENTLY half_built ON events (event_type)"));

        var ill = await ExamineAsync();
        await PlantAsync("DROP INDEX CONCURRENTLY half_built");
        var mended = await ExamineAsync();

        Assert.AreEqual("indexes:warning", ill.Complaints);
        Assert.Contains("Index half_built is not valid", ill["indexes"].Message);
        Assert.StartsWith("DROP INDEX CONCURRENTLY half_built;", ill["indexes"].Advice!);
        Assert.AreEqual("", mended.Complaints);
    }

    [TestMethod]
    public async Task A_stream_whose_versions_run_against_its_places_is_a_sign_of_chosen_versions()
    {
        await PlantAsync(
            """
            INSERT INTO events (version, id, aggregate_id, event_type, stream_version) VALUES (1, 'x', 'a', 'T', 2), (2, 'y', 'a', 'T', 1);
            SELECT setval('events_version_seq', 2)
            """);

        var ill = await ExamineAsync();

        Assert.AreEqual("chosen-versions:warning", ill.Complaints);
        Assert.Contains("the first at version 1, come before their stream's earlier ones", ill["chosen-versions"].Message);
        Assert.Contains("no UseHiLo", ill["chosen-versions"].Advice!);
    }

    [TestMethod]
    public async Task An_append_that_stays_open_is_named_with_its_process()
    {
        await using var held = await HeldTransaction.BeginAsync(
            ConnectionString, new HeldTransactionOptions { ApplicationName = "billing" }, TestContext.CancellationToken);

        var ill = await ExamineAsync();
        await PlantAsync($"SELECT pg_terminate_backend({held.ProcessId}, 10000)");
        var mended = await ExamineAsync();

        Assert.AreEqual("open-appends:warning", ill.Complaints);
        Assert.Contains($"Process {held.ProcessId} (billing, role 'log_owner', idle in transaction) has drawn a version", ill["open-appends"].Message);
        Assert.Contains($"SELECT pg_terminate_backend({held.ProcessId});", ill["open-appends"].Advice!);
        Assert.AreEqual("ok", mended["open-appends"].Status);
    }

    [TestMethod]
    public async Task A_prepared_transaction_that_has_drawn_a_version_is_a_fault()
    {
        await PlantAsync("BEGIN; SELECT nextval('events_version_seq'); PREPARE TRANSACTION 'it''s forgotten'");

        var ill = await ExamineAsync();
        await PlantAsync("ROLLBACK PREPARED 'it''s forgotten'");
        var mended = await ExamineAsync();

        Assert.AreEqual(("open-appends:fault", 1), (ill.Complaints, ill.Run.ExitCode));
        Assert.Contains("ROLLBACK PREPARED 'it''s forgotten';", ill["open-appends"].Advice!);
        Assert.AreEqual("", mended.Complaints);
    }

    [TestMethod]
    public async Task A_session_that_listens_within_an_open_transaction_is_named()
    {
        await using var session = await RawSql.ConnectAsync(ConnectionString);
        await session.RunAsync("BEGIN");
        await session.RunAsync("LISTEN events_global");

        var ill = await ExamineAsync();
        await session.RunAsync("COMMIT");
        var mended = await ExamineAsync();

        Assert.AreEqual("idle-transactions:warning", ill.Complaints);
        Assert.Contains($"Process {session.ProcessID} ", ill["idle-transactions"].Message);
        Assert.Contains("listens within a transaction that is idle", ill["idle-transactions"].Message);
        Assert.AreEqual("ok", mended["idle-transactions"].Status);
    }

    [TestMethod]
    public async Task A_pooler_that_swallows_LISTEN_is_found_out()
    {
        await using var pooler = await PgBouncer.StartAsync(ConnectionString, "transaction");

        var ill = await ExamineAsAsync(pooler.ConnectionString);
        await using var session = await PgBouncer.StartAsync(ConnectionString, "session");
        var mended = await ExamineAsAsync(session.ConnectionString);

        Assert.AreEqual(("notifications:warning", 0), (ill.Complaints, ill.Run.ExitCode));
        Assert.Contains("LISTEN is swallowed through a pooler", ill["notifications"].Message);
        Assert.Contains("ListenerConnectionString", ill["notifications"].Advice!);
        Assert.AreEqual("", mended.Complaints);
        Assert.Contains("Notifications arrive through a pooler", mended["notifications"].Message);
    }

    [TestMethod]
    public async Task A_database_that_cannot_hold_every_text_and_one_that_takes_no_writes_are_faults()
    {
        var latin = DurableServer.As(SuperuserString, "latin");
        await using var admin = await RawSql.ConnectAsync(SuperuserString);
        await admin.RunAsync("CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
        await admin.RunAsync("ALTER DATABASE latin SET default_transaction_read_only = on");

        var ill = await ExamineAsAsync(latin);

        Assert.AreEqual("primary:fault encoding:fault schema:fault", ill.Complaints);
        Assert.Contains("encoding is LATIN1; expected UTF8", ill["encoding"].Message);
        Assert.Contains("ENCODING 'UTF8' TEMPLATE template0", ill["encoding"].Advice!);
        Assert.Contains("read-only", ill["primary"].Message);
    }

    [TestMethod]
    public async Task A_server_that_may_lose_commits_and_a_superuser_are_named()
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync(TestContext.CancellationToken);
        await using var connection = await RawSql.ConnectAsync(database.ConnectionString);
        var durable = await connection.ScalarAsync<string>("SELECT current_setting('fsync')") == "on";

        var onTests = await ExamineAsAsync(database.ConnectionString);
        var asSuperuser = await ExamineAsAsync(SuperuserString);
        var strict = await ExamineAsAsync(SuperuserString, "--strict");

        Assert.AreEqual(durable ? "ok" : "fault", onTests["durability"].Status);
        Assert.Contains(durable ? "" : "ALTER SYSTEM SET fsync = on;", onTests["durability"].Advice ?? "");
        Assert.AreEqual(("privileges:warning", 0, 1), (asSuperuser.Complaints, asSuperuser.Run.ExitCode, strict.Run.ExitCode));
        Assert.Contains("is a superuser", asSuperuser["privileges"].Message);
    }
}
