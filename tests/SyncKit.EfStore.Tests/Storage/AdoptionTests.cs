using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;
using SyncKit.EfStore.Storage;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Storage;

[TestClass]
public sealed class AdoptionTests
{
    private const string Fingerprint = """
        SELECT md5(string_agg(row(version, id, aggregate_id, event_type, data, metadata, created_at, stream_name)::text, '|' ORDER BY version))
        FROM events
        """;

    private PostgresDatabase _database = null!;
    private NpgsqlConnection _go = null!;

    [TestInitialize]
    public async Task CreateDatabaseAsGoDoes()
    {
        _database = await (await TestServer.GetAsync()).CreateEmptyDatabaseAsync();
        _go = await RawSql.ConnectAsync(_database.ConnectionString);
        await _go.RunAsync(GoSyncKit.Schema);
        await GoSyncKit.FillAsync(_go);
    }

    [TestCleanup]
    public async Task DropDatabase()
    {
        await _go.DisposeAsync();
        await _database.DisposeAsync();
    }

    [TestMethod]
    public async Task Every_row_and_version_is_kept_and_streams_are_numbered_by_version()
    {
        var before = await _go.ScalarAsync<string>(Fingerprint);

        var migration = await EventStoreSchema.MigrateAsync(_database.ConnectionString);

        CollectionAssert.AreEqual(LibraryMigrations.All, migration.Applied.ToArray());
        Assert.IsEmpty(migration.Mended);
        Assert.AreEqual(before, await _go.ScalarAsync<string>(Fingerprint));
        Assert.AreEqual(GoSyncKit.Streams, await _go.ScalarAsync<long>("SELECT count(DISTINCT aggregate_id) FROM events"));
        Assert.AreEqual(0, await _go.ScalarAsync<long>("""
            SELECT count(*) FROM (
                SELECT stream_version, row_number() OVER (PARTITION BY aggregate_id ORDER BY version) AS place FROM events
            ) AS numbered
            WHERE stream_version <> place
            """));
        Assert.IsTrue(await _go.ScalarAsync<bool>("SELECT indisunique FROM pg_index WHERE indexrelid = 'idx_events_aggregate_id'::regclass"));
        Assert.IsTrue(await _go.ScalarAsync<bool>(
            "SELECT attnotnull FROM pg_attribute WHERE attrelid = 'events'::regclass AND attname = 'stream_version'"));
    }

    [TestMethod]
    public async Task The_store_reads_what_go_wrote_and_goes_on_from_there()
    {
        await EventStoreSchema.MigrateAsync(_database.ConnectionString);
        await using var store = new TestStore(_database.ConnectionString);

        var all = await store.Events.LoadAsync(EventVersion.Zero).ToListAsync();
        var length = (await store.StreamAsync("go-1")).Count;
        var appended = await store.Events.AppendAsync([Sample.Event("go-1")], ExpectedVersion.Exactly(length));

        Assert.HasCount(GoSyncKit.Rows, all);
        Assert.AreEqual("id-500", all.Single(stored => stored.CreatedAt is null).Id);
        Assert.AreEqual("null", all.Single(stored => stored.Id == "id-1").Metadata!.ToString());
        Assert.IsNull(all.Single(stored => stored.Id == "id-3").Metadata);
        Assert.AreEqual(length + 1, appended.StreamVersion);
        Assert.IsTrue(appended.Version > all[^1].Version);
    }

    [TestMethod]
    public async Task Afterwards_each_event_is_told_once_on_each_channel()
    {
        await EventStoreSchema.MigrateAsync(_database.ConnectionString);
        await using var listener = await RawListener.StartAsync(_database.ConnectionString, "events_global", "stream_go-1", "stream_go-2");

        await _go.RunAsync("INSERT INTO events (id, aggregate_id, event_type) VALUES ('n1', 'go-1', 'T')");
        await _go.RunAsync("INSERT INTO events (id, aggregate_id, event_type) VALUES ('n2', 'go-1', 'T'), ('n3', 'go-2', 'T')");

        var channels = (await listener.DrainAsync()).CountBy(notification => notification.Channel).ToDictionary();
        Assert.AreEqual(3, channels["events_global"]);
        Assert.AreEqual(2, channels["stream_go-1"]);
        Assert.AreEqual(1, channels["stream_go-2"]);
    }

    [TestMethod]
    public async Task What_a_restarted_go_service_puts_back_is_mended_and_named()
    {
        await EventStoreSchema.MigrateAsync(_database.ConnectionString);
        await _go.RunAsync(GoSyncKit.Restart);
        var longId = new string('x', 57);
        var broken = await Assert.ThrowsExactlyAsync<PostgresException>(() => InsertAsync("before"));
        Assert.Contains("channel name too long", broken.MessageText);

        var migration = await EventStoreSchema.MigrateAsync(_database.ConnectionString);

        Assert.IsEmpty(migration.Applied);
        CollectionAssert.AreEquivalent(
            (string[])["function notify_event_inserted", "trigger events_notify_trigger"], migration.Mended.ToArray());
        Assert.AreEqual(1, await InsertAsync("after"));
        Assert.IsEmpty((await EventStoreSchema.MigrateAsync(_database.ConnectionString)).Mended);

        Task<int> InsertAsync(string id) =>
            _go.RunAsync("INSERT INTO events (id, aggregate_id, event_type) VALUES ($1, $2, 'T')", id, longId);
    }

    [TestMethod]
    public async Task Indexes_and_triggers_that_were_dropped_come_back()
    {
        await EventStoreSchema.MigrateAsync(_database.ConnectionString);
        await _go.RunAsync("""
            DROP INDEX idx_events_aggregate_id;
            CREATE INDEX idx_events_aggregate_id ON events (aggregate_id);
            DROP INDEX idx_events_type;
            ALTER TABLE events DISABLE TRIGGER events_stream_version_trigger;
            """);

        var migration = await EventStoreSchema.MigrateAsync(_database.ConnectionString);

        CollectionAssert.AreEquivalent(
            (string[])["index idx_events_aggregate_id", "index idx_events_type", "trigger events_stream_version_trigger"],
            migration.Mended.ToArray());
        await _go.RunAsync("INSERT INTO events (id, aggregate_id, event_type) VALUES ('after', 'go-1', 'T')");
    }

    [TestMethod]
    public async Task A_trigger_that_does_not_stand_back_and_a_function_that_costs_more_are_mended()
    {
        await EventStoreSchema.MigrateAsync(_database.ConnectionString);
        await _go.RunAsync(SchemaScripts.Read("0001/09_events_notify_trigger.sql"));
        await _go.RunAsync("ALTER FUNCTION event_stream_channel(text) IMMUTABLE");

        var migration = await EventStoreSchema.MigrateAsync(_database.ConnectionString);

        CollectionAssert.AreEquivalent(
            (string[])["function event_stream_channel", "trigger events_notify_trigger"], migration.Mended.ToArray());
        Assert.IsEmpty((await EventStoreSchema.MigrateAsync(_database.ConnectionString)).Mended);
    }

    [TestMethod]
    public async Task Rows_a_go_service_wrote_between_two_migrations_keep_their_places()
    {
        await EventStoreSchema.MigrateAsync(_database.ConnectionString);
        await _go.RunAsync(GoSyncKit.Restart);
        await _go.RunAsync("INSERT INTO events (id, aggregate_id, event_type) SELECT 'x' || n, 'go-1', 'T' FROM generate_series(1, 5) AS n");

        await EventStoreSchema.MigrateAsync(_database.ConnectionString);

        await using var store = new TestStore(_database.ConnectionString);
        var places = (await store.StreamAsync("go-1")).Select(stored => stored.StreamVersion).ToList();
        CollectionAssert.AreEqual(Enumerable.Range(1, places.Count).Select(place => (long)place).ToList(), places);
    }

    [TestMethod]
    public async Task Down_keeps_an_adopted_table_as_go_made_it()
    {
        await EventStoreSchema.MigrateAsync(_database.ConnectionString);
        var before = await _go.ScalarAsync<string>(Fingerprint);
        var options = new DbContextOptionsBuilder<EventStoreDbContext>();
        EventStoreSchema.Configure(
            options,
            new NpgsqlConnectionStringBuilder(_database.ConnectionString) { Options = "-c synckit.allow_drop=on" }.ConnectionString);
        await using var db = new EventStoreDbContext(options.Options);

        await db.GetService<IMigrator>().MigrateAsync(Migration.InitialDatabase);

        Assert.AreEqual(before, await _go.ScalarAsync<string>(Fingerprint));
        Assert.AreEqual(0, await _go.ScalarAsync<long>(
            "SELECT count(*) FROM pg_attribute WHERE attrelid = 'events'::regclass AND attname = 'stream_version'"));
        Assert.AreEqual(0, await _go.ScalarAsync<long>("SELECT count(*) FROM pg_trigger WHERE tgrelid = 'events'::regclass"));
        await _go.RunAsync(GoSyncKit.Restart);
        await _go.RunAsync("INSERT INTO events (id, aggregate_id, event_type) VALUES ('go again', 'go-1', 'T')");

        CollectionAssert.AreEqual(LibraryMigrations.All, (await EventStoreSchema.MigrateAsync(_database.ConnectionString)).Applied.ToArray());
        Assert.AreEqual(GoSyncKit.Rows + 1, await _go.ScalarAsync<long>("SELECT count(*) FROM events"));
    }

    [TestMethod]
    public async Task An_adopted_database_whose_migration_was_cut_off_is_as_before()
    {
        await _go.RunAsync("UPDATE events SET id = id; BEGIN; LOCK TABLE events IN ACCESS EXCLUSIVE MODE");
        var blocked = Task.Run(() => EventStoreSchema.MigrateAsync(
            new NpgsqlConnectionStringBuilder(_database.ConnectionString) { Pooling = false, ApplicationName = "migrating" }.ConnectionString));
        await using var killer = await RawSql.ConnectAsync(_database.ConnectionString);
        await killer.SomeoneWaitsAsync();
        await killer.RunAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'migrating'");

        await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(() => blocked);
        await _go.RunAsync("COMMIT");

        Assert.AreEqual(0, await _go.ScalarAsync<long>(
            "SELECT count(*) FROM pg_attribute WHERE attrelid = 'events'::regclass AND attname = 'stream_version'"));
        CollectionAssert.AreEqual(LibraryMigrations.All, (await EventStoreSchema.MigrateAsync(_database.ConnectionString)).Applied.ToArray());
    }
}
