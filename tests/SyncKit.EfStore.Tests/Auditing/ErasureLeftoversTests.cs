using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Auditing;

/// <summary>The out-of-the-way places from which an erasure takes the content, and what it must not let through meanwhile.</summary>
[TestClass]
public sealed class ErasureLeftoversTests : IAsyncDisposable
{
    private const string Secret = "Ada-Lovelace";

    private const string Fill = """
        INSERT INTO events (id, aggregate_id, event_type, data, stream_version)
        SELECT 'e' || n, 'a', 'T', jsonb_build_object('name', 'Ada-Lovelace', 'n', n % 5), n FROM generate_series(1, 60) AS n;
        """;

    private const string Quote = """
        INSERT INTO event_subscriptions_parked (subscription, version, event_id, aggregate_id, event_type, attempts, error)
        SELECT 's' || n, 1, 'e1', 'a', 'T', 1, 'Ada-Lovelace' FROM generate_series(1, 30) AS n;
        INSERT INTO event_subscriptions (name, checkpoint, error)
        SELECT 's' || n, 1, 'Stopped at the event of version 1: Ada-Lovelace' FROM generate_series(1, 30) AS n;
        """;

    private PostgresDatabase _database = null!;
    private NpgsqlConnection _owner = null!;

    [TestInitialize]
    public async Task CreateDatabase()
    {
        _database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        _owner = await RawSql.ConnectAsync(_database.ConnectionString);
    }

    public async ValueTask DisposeAsync()
    {
        await _owner.DisposeAsync();
        await _database.DisposeAsync();
    }

    [TestMethod]
    [DataRow("", Quote, "DELETE FROM event_subscriptions_parked; DELETE FROM event_subscriptions")]
    [DataRow("", "", "DELETE FROM events")]
    [DataRow("", "DELETE FROM events WHERE version > 1; ", "DELETE FROM event_audit")]
    [DataRow("", "", "ALTER TABLE events ALTER data SET STATISTICS 0")]
    [DataRow("CREATE INDEX by_name ON events ((data ->> 'name'))", "", "DELETE FROM events")]
    [DataRow("CREATE STATISTICS names ON (data ->> 'name') FROM events", "", "DELETE FROM events; ALTER STATISTICS names SET STATISTICS 0")]
    public async Task No_sample_of_the_planner_keeps_it(string before, string sampled, string after)
    {
        await _owner.RunAsync($"{Fill} {before}");
        await _owner.RunAsync(sampled + ";ANALYZE");
        await _owner.RunAsync(after);
        Assert.AreNotEqual(0, await SampledAsync()); // or the search is blind
        const string kept = """
            SELECT concat_ws(' ', (SELECT count(*) FROM events), (SELECT count(*) FROM event_audit WHERE operation <> 'ERASE'),
                (SELECT count(*) FROM event_subscriptions), (SELECT count(*) FROM event_subscriptions_parked),
                (SELECT count(*) FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid WHERE attstattarget = 0 AND relname = 'events'),
                (SELECT count(*) FROM pg_statistic_ext WHERE stxstattarget = 0), current_setting('default_statistics_target'))
            """;
        var untouched = await _owner.ScalarAsync<string>(kept);

        await _owner.RunAsync("SELECT erase_events('a', NULL, 'request')");

        Assert.AreEqual(0, await SampledAsync());
        Assert.AreEqual(untouched, await _owner.ScalarAsync<string>(kept));
    }

    [TestMethod]
    public async Task Nor_do_dead_rows_hide_the_live_ones_from_a_new_sample()
    {
        // A target of 1 looks at 300 pages; the last of far more holds the only live row.
        await _owner.RunAsync(Fill);
        await _owner.RunAsync("ANALYZE events");
        await _owner.RunAsync("""
            ALTER TABLE events SET (autovacuum_enabled = off, fillfactor = 10);
            INSERT INTO events (id, aggregate_id, event_type, data, stream_version)
            SELECT 'x' || n, 'b' || n, 'T', jsonb_build_object('more', repeat('x', 1500)), 1 FROM generate_series(1, 6000) AS n
            """);
        await _owner.RunAsync("SET default_statistics_target = 1; DELETE FROM events WHERE aggregate_id <> 'b6000'");

        await _owner.RunAsync("SELECT erase_events('a', NULL, 'request')");

        Assert.AreEqual(0, await SampledAsync());
        Assert.AreEqual(1, await _owner.ScalarAsync<long>("SELECT count(*) FROM events"));
    }

    [TestMethod]
    [DataRow("UPDATE events SET event_type = 'FORGED', aggregate_id = 'forged' WHERE version = 2", 1)]
    [DataRow("UPDATE events SET version = 200 WHERE version = 2", 1)]
    [DataRow("UPDATE events SET data = data WHERE version = 2", 1)]
    [DataRow("UPDATE events SET data = '1' WHERE version = 2; UPDATE events SET data = '{\"$erased\": true}' WHERE version = 2", 2)]
    [DataRow("DELETE FROM events WHERE version = 2", 1)]
    public async Task In_the_transaction_of_an_erasure_every_other_change_is_written_down(string change, long expected)
    {
        await _owner.RunAsync(Fill);

        await _owner.RunAsync($"BEGIN; DO $$ BEGIN PERFORM erase_events(NULL, ARRAY[2], 'r'); END $$; {change}; COMMIT");

        Assert.AreEqual(expected, await _owner.ScalarAsync<long>("SELECT count(*) FROM event_audit WHERE old_row IS NOT NULL AND first_version = 2"));
        Assert.AreEqual(1, await _owner.ScalarAsync<long>("SELECT count(*) FROM event_audit WHERE operation = 'ERASE'"));
        Assert.AreEqual(0, await _owner.ScalarAsync<long>($"SELECT count(*) FROM event_audit WHERE old_row::text LIKE '%{Secret}%'"));
    }

    [TestMethod]
    [DataRow("UPDATE events SET id = 'new' WHERE version = 2; UPDATE events SET version = 200 WHERE version = 2", "NULL, ARRAY[200]", 2)]
    [DataRow(
        "UPDATE events SET id = 'new' WHERE version = 2; UPDATE events SET aggregate_id = 'b' WHERE version = 2; UPDATE events SET version = 200 WHERE version = 2",
        "'b', NULL", 3)]
    [DataRow(
        "UPDATE events SET id = 'new' WHERE version = 2; UPDATE events SET aggregate_id = 'b' WHERE version = 2; DELETE FROM events WHERE version = 2",
        "'b', NULL", 3)]
    public async Task It_is_found_in_the_audit_by_every_name_the_event_ever_had(string changes, string what, long rows)
    {
        await _owner.RunAsync(Fill);
        await _owner.RunAsync("UPDATE events SET event_type = 'other' WHERE version = 3");
        foreach (var change in changes.Split(';'))
        {
            await _owner.RunAsync(change);
        }

        await _owner.RunAsync($"SELECT erase_events({what}, 'r')");

        Assert.AreEqual($"{rows} 1", await _owner.ScalarAsync<string>($"""
            SELECT concat_ws(' ', count(*) FILTER (WHERE old_row::text NOT LIKE '%{Secret}%'), count(*) FILTER (WHERE old_row::text LIKE '%{Secret}%'))
            FROM event_audit WHERE old_row IS NOT NULL
            """));
    }

    [TestMethod]
    public async Task While_it_waits_for_a_vacuum_it_holds_up_no_writer()
    {
        await _owner.RunAsync(Fill);
        await using var vacuum = await RawSql.ConnectAsync(_database.ConnectionString);
        await vacuum.RunAsync("BEGIN; LOCK TABLE events IN SHARE UPDATE EXCLUSIVE MODE");
        await using var eraser = await RawSql.ConnectAsync(_database.ConnectionString);
        var erasing = eraser.RunAsync("SELECT erase_events('a', NULL, 'r')");
        await _owner.SomeoneWaitsAsync();

        await _owner.RunAsync("SET lock_timeout = '10s'; INSERT INTO events (id, aggregate_id, event_type) VALUES ('new', 'a', 'T')");

        Assert.IsFalse(erasing.IsCompleted);
        await vacuum.RunAsync("COMMIT");
        await erasing;
        Assert.AreEqual(61, await _owner.ScalarAsync<long>("SELECT count(*) FROM event_audit"));
    }

    [TestMethod]
    public async Task Whatever_isolation_is_the_default_an_open_append_is_erased_and_no_other_transaction_will_do()
    {
        await _owner.RunAsync(Fill);
        await _owner.RunAsync("SET default_transaction_isolation = 'repeatable read'");
        var refused = await Assert.ThrowsExactlyAsync<PostgresException>(() => _owner.RunAsync("SELECT erase_events('a', NULL, 'r')"));
        Assert.AreEqual("An erasure needs a transaction of READ COMMITTED, this one is of REPEATABLE READ.", refused.MessageText);

        await using var writer = await RawSql.ConnectAsync(_database.ConnectionString);
        await writer.RunAsync("BEGIN; INSERT INTO events (id, aggregate_id, event_type, data) VALUES ('open', 'a', 'T', '\"Ada-Lovelace\"')");
        var options = new NpgsqlConnectionStringBuilder(_database.ConnectionString) { Options = "-c default_transaction_isolation=repeatable\\ read" };
        await using var store = TestStore.AsOwner(options.ConnectionString);
        var erasing = store.Services.GetRequiredService<IEventErasure>().EraseAsync("a", "r");
        await _owner.SomeoneWaitsAsync();
        await writer.RunAsync("COMMIT");

        Assert.HasCount(61, (await erasing).Erased);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task A_vacuum_says_so_where_the_role_owns_the_tables_and_not_the_database(bool full)
    {
        var role = $"test_{Guid.NewGuid():N}";
        await _owner.RunAsync($"CREATE ROLE {role} LOGIN PASSWORD '{TestRoles.Password}'; GRANT USAGE, CREATE ON SCHEMA public TO {role}");
        foreach (var table in (string[])["events", "event_audit", "event_subscriptions", "event_subscriptions_parked"])
        {
            await _owner.RunAsync($"ALTER TABLE {table} OWNER TO {role}");
        }

        var login = new NpgsqlConnectionStringBuilder(_database.ConnectionString) { Username = role, Password = TestRoles.Password, Pooling = false };
        var error = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(() => EventStoreVacuum.RunAsync(login.ConnectionString, full));

        Assert.AreEqual(UnavailableReason.PermissionDenied, error.Reason);
        Assert.Contains("are vacuumed, but the role may not vacuum the planner's samples", error.Message);
        Assert.EndsWith($"VACUUM {(full ? "(FULL) " : "")}pg_catalog.pg_statistic, pg_catalog.pg_statistic_ext_data;", error.Message);
        await _owner.RunAsync($"REASSIGN OWNED BY {role} TO CURRENT_USER; DROP OWNED BY {role}; DROP ROLE {role}");
    }

    private Task<long> SampledAsync() => _owner.ScalarAsync<long>($"""
        SELECT (SELECT count(*) FROM pg_statistic AS s WHERE s::text LIKE '%{Secret}%')
            + (SELECT count(*) FROM pg_statistic_ext_data AS s WHERE stxdexpr::text LIKE '%{Secret}%')
        """);
}
