using SyncKit.EfStore.Cli.Doctor;
using SyncKit.EfStore.Cli.Doctor.Examinations;

namespace SyncKit.EfStore.Tests.Cli;

/// <summary>What somebody else changed in columns, tables, triggers, indexes, settings and grants: named, and gone once the advice is followed.</summary>
[TestClass]
public sealed class DoctorSchemaTests : MendedDatabase
{
    private const string Eating = "CREATE FUNCTION eat() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; ";
    private const string Replaced = "DROP TRIGGER ";

    [TestMethod]
    [DataRow("ALTER TABLE events DROP COLUMN metadata", "columns:fault", "Column events.metadata is missing.")]
    [DataRow("ALTER TABLE events ALTER data TYPE json", "columns:fault", "Column events.data has type json; expected jsonb.")]
    [DataRow("ALTER TABLE events ALTER data TYPE text", "columns:fault", "has type text")]
    [DataRow("ALTER TABLE events ALTER id TYPE varchar(36)", "columns:fault", "Column events.id has type character varying(36); expected text.")]
    [DataRow("ALTER TABLE events ALTER version TYPE int", "columns:fault", "Column events.version has type integer")]
    [DataRow("ALTER TABLE events ALTER created_at TYPE timestamp", "columns:fault", "has type timestamp without time zone")]
    [DataRow("ALTER TABLE events ALTER created_at DROP DEFAULT", "columns:fault", "Column events.created_at has lost its default.")]
    [DataRow("ALTER TABLE events ALTER stream_version DROP NOT NULL", "columns:fault", "Column events.stream_version may be NULL")]
    [DataRow("ALTER TABLE events ALTER stream_name DROP EXPRESSION", "columns:fault", "is not generated from aggregate_id")]
    [DataRow("ALTER TABLE events DROP COLUMN stream_name", "schema-drift:warning columns:fault", "Column events.stream_name is missing.")]
    [DataRow("ALTER TABLE events ADD COLUMN tenant int NOT NULL", "columns:fault", "Column events.tenant, which no migration made, is NOT NULL")]
    [DataRow("ALTER TABLE events ALTER metadata SET NOT NULL", "columns:warning", "Column events.metadata is NOT NULL")]
    [DataRow("ALTER TABLE event_audit DROP COLUMN old_row", "columns:fault", "Column event_audit.old_row is missing.")]
    [DataRow("ALTER TABLE event_subscriptions DROP COLUMN fencing_token", "columns:fault", "Column event_subscriptions.fencing_token is missing.")]
    [DataRow("ALTER TABLE events ADD CONSTRAINT small CHECK (length(id) < 9)", "tables:warning", "Constraint small of events")]
    [DataRow("ALTER TABLE events SET UNLOGGED", "tables:fault", "Table events is UNLOGGED")]
    [DataRow("ALTER TABLE event_audit SET UNLOGGED", "tables:fault", "Table event_audit is UNLOGGED")]
    [DataRow("ALTER SEQUENCE events_version_seq SET UNLOGGED", "tables:fault", "Sequence events_version_seq is UNLOGGED")]
    [DataRow("ALTER TABLE events ENABLE ROW LEVEL SECURITY", "tables:fault", "Table events has row level security")]
    [DataRow("ALTER TABLE events FORCE ROW LEVEL SECURITY", "tables:fault", "Table events has row level security")]
    [DataRow("CREATE RULE gone AS ON INSERT TO events DO INSTEAD NOTHING", "tables:fault", "Rule gone rewrites statements on events.")]
    [DataRow("CREATE RULE gone AS ON DELETE TO event_audit DO INSTEAD NOTHING", "tables:fault", "on event_audit")]
    [DataRow("CREATE TABLE more () INHERITS (events)", "tables:fault", "Table more inherits from events")]
    [DataRow(Eating + "CREATE TRIGGER eats BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION eat()", "tables:warning", "Trigger eats")]
    [DataRow(Eating + "CREATE TRIGGER eats BEFORE INSERT ON event_audit FOR EACH ROW EXECUTE FUNCTION eat()", "tables:warning", "event_audit")]
    [DataRow(
        Replaced + "events_truncate_guard_trigger ON events; CREATE TRIGGER events_truncate_guard_trigger BEFORE TRUNCATE ON events FOR EACH STATEMENT "
            + "WHEN (false) EXECUTE FUNCTION guard_event_truncation()",
        "schema-drift:fault", "trigger events_truncate_guard_trigger")]
    [DataRow(
        Replaced + "events_audit_delete_trigger ON events; CREATE TRIGGER events_audit_delete_trigger AFTER UPDATE ON events "
            + "REFERENCING OLD TABLE AS old_events FOR EACH STATEMENT EXECUTE FUNCTION audit_event_changes()",
        "schema-drift:fault", "trigger events_audit_delete_trigger")]
    [DataRow(
        Replaced + "events_stream_version_trigger ON events; CREATE TRIGGER events_stream_version_trigger BEFORE INSERT ON events FOR EACH ROW "
            + "WHEN (NEW.stream_version = 0) EXECUTE FUNCTION assign_event_stream_version()",
        "schema-drift:fault", "trigger events_stream_version_trigger")]
    [DataRow(
        Replaced + "events_notify_trigger ON events; CREATE TRIGGER events_notify_trigger AFTER INSERT ON events REFERENCING NEW TABLE AS new_events "
            + "FOR EACH STATEMENT WHEN (current_setting('synckit.notify', true) = 'never') EXECUTE FUNCTION notify_event_inserted()",
        "schema-drift:fault", "trigger events_notify_trigger")]
    [DataRow("DROP FUNCTION skip_recorded_migration CASCADE", "schema-drift:fault", "function skip_recorded_migration, trigger synckit_migrations_trigger")]
    [DataRow("DROP INDEX idx_events_type; CREATE INDEX idx_events_type ON events (created_at)", "schema-drift:warning", "index idx_events_type")]
    [DataRow(
        "DROP INDEX idx_events_aggregate_id; CREATE UNIQUE INDEX idx_events_aggregate_id ON events (aggregate_id, stream_version, (id || 'x'))",
        "schema-drift:fault uniqueness:fault", "on (aggregate_id, stream_version, ")]
    [DataRow(
        "DROP INDEX idx_events_aggregate_id; CREATE UNIQUE INDEX idx_events_aggregate_id ON events (aggregate_id, stream_version) WHERE version > 9",
        "schema-drift:fault uniqueness:fault", "of some rows")]
    [DataRow("ALTER TABLE events RENAME CONSTRAINT events_id_key TO other_key", "uniqueness:fault", "expected under the name events_id_key")]
    [DataRow(
        "ALTER TABLE events DROP CONSTRAINT events_id_key, ADD CONSTRAINT events_id_key UNIQUE (id) DEFERRABLE", "uniqueness:fault",
        "No valid index makes events.id unique")]
    [DataRow("ALTER TABLE events DROP CONSTRAINT events_pkey, ADD CONSTRAINT other PRIMARY KEY (id)", "uniqueness:fault", "events.version unique")]
    [DataRow("CREATE UNIQUE INDEX \"One of each\" ON events (event_type, aggregate_id)", "uniqueness:warning", "is unique on (event_type, aggregate_id)")]
    [DataRow("ALTER TABLE events ADD UNIQUE (created_at)", "uniqueness:warning", "Index events_created_at_key, which no migration made, is unique on (created_at)")]
    [DataRow("CREATE UNIQUE INDEX first ON events (stream_name) WHERE stream_version = 1", "uniqueness:warning", "is unique on (stream_name) of some rows")]
    [DataRow("ALTER SEQUENCE events_version_seq MAXVALUE 5; SELECT setval('events_version_seq', 5)", "sequence-position:fault", "every append fails")]
    [DataRow("GRANT UPDATE (data) ON events TO pg_read_all_data", "privileges:warning", "pg_read_all_data may UPDATE (data) events.")]
    [DataRow("GRANT UPDATE (data) ON events TO PUBLIC", "privileges:fault", "PUBLIC may UPDATE (data) events.")]
    [DataRow("GRANT TRIGGER ON events TO pg_read_all_data", "privileges:warning", "may TRIGGER events.")]
    [DataRow("GRANT SELECT ON events TO PUBLIC", "privileges:warning", "PUBLIC may SELECT events.")]
    [DataRow("GRANT SELECT ON events TO pg_read_all_data WITH GRANT OPTION", "privileges:warning", "may hand SELECT on events to others.")]
    [DataRow("GRANT UPDATE ON SEQUENCE events_version_seq TO PUBLIC", "privileges:fault", "PUBLIC may UPDATE on SEQUENCE events_version_seq.")]
    [DataRow("GRANT ALL ON __synckit_migrations TO PUBLIC", "privileges:fault", "__synckit_migrations.")]
    [DataRow("GRANT ALL ON event_origins, event_copies, event_copy_runs TO PUBLIC", "privileges:fault", "event_copy_runs.")]
    [DataRow("GRANT EXECUTE ON FUNCTION audit_event_changes() TO PUBLIC", "privileges:fault", "FUNCTION audit_event_changes()")]
    [DataRow("ALTER DATABASE {0} SET enable_indexscan = off", "settings:warning", "enable_indexscan is off")]
    public Task What_the_owner_may_spoil_is_named_and_the_advice_mends_it(string plant, string complaints, string message) =>
        AssertMendedAsync(ConnectionString, plant, complaints, message);

    [TestMethod]
    [DataRow("CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER looks AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION look()")]
    [DataRow("ALTER TABLE events ADD COLUMN tenant int NOT NULL DEFAULT 0, ADD COLUMN note text")]
    [DataRow("DROP INDEX idx_events_type; CREATE INDEX idx_events_type ON events (event_type); CREATE INDEX mine ON events ((data ->> 'order'))")]
    [DataRow("ALTER INDEX idx_events_type SET (fillfactor = 80)")]
    [DataRow("CREATE TABLE named (version bigint REFERENCES events)")]
    public async Task What_an_application_may_add_is_not_complained_of(string sql)
    {
        await PlantAsync(sql);

        Assert.AreEqual("", (await LookAsync()).Complaints);
    }

    [TestMethod]
    public async Task Whoever_holds_the_table_is_named()
    {
        await using var holder = await RawSql.ConnectAsync(ConnectionString);
        await holder.RunAsync("BEGIN");
        await holder.RunAsync("LOCK TABLE events");

        var report = await ExamineAsAsync(ConnectionString + ";Command Timeout=1");

        Assert.Contains($"Process {holder.ProcessID} ", report["schema"].Message);
        Assert.Contains($"SELECT pg_terminate_backend({holder.ProcessID});", report["schema"].Advice!);
    }

    [TestMethod]
    public async Task A_transaction_that_works_now_and_then_is_as_old_as_its_beginning()
    {
        await using var session = await RawSql.ConnectAsync(ConnectionString);
        await session.RunAsync("BEGIN");
        await session.RunAsync("SELECT 1");
        await using var patient = await Patient.MeetAsync(ConnectionString, TimeProvider.System, TestContext.CancellationToken);

        var finding = (await new IdleTransactionsExamination { Longest = TimeSpan.Zero }.ExamineAsync(patient, TestContext.CancellationToken)).ToFinding("x");

        Assert.AreEqual(FindingStatus.Warning, finding.Status);
        Assert.Contains($"Process {session.ProcessID} ", finding.Message);
    }
}
