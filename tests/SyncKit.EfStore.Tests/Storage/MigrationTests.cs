using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;
using SyncKit.EfStore.Storage;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Storage;

[TestClass]
public sealed class MigrationTests
{
    private PostgresDatabase _database = null!;

    [TestInitialize]
    public async Task CreateDatabase() => _database = await (await TestServer.GetAsync()).CreateEmptyDatabaseAsync();

    [TestCleanup]
    public async Task DropDatabase() => await _database.DisposeAsync();

    [TestMethod]
    public async Task An_empty_database_is_provisioned_once()
    {
        var first = await EventStoreSchema.MigrateAsync(_database.ConnectionString);
        var second = await EventStoreSchema.MigrateAsync(_database.ConnectionString);

        CollectionAssert.AreEqual(LibraryMigrations.All, first.Applied.ToArray());
        Assert.AreEqual(SchemaCheck.NewestMigration, first.Applied[^1]);
        Assert.IsEmpty(first.Mended);
        Assert.IsEmpty(second.Applied);
        Assert.IsEmpty(second.Mended);
        await using var store = new TestStore(_database.ConnectionString);
        Assert.AreEqual(1, (await store.Events.StoreAsync(Sample.Event("stream"))).Version.Value);
    }

    [TestMethod]
    public async Task A_data_source_does_as_well()
    {
        await using var source = NpgsqlDataSource.Create(_database.ConnectionString);

        await EventStoreSchema.MigrateAsync(source);

        await using var store = new TestStore(_database.ConnectionString);
        await store.Events.StoreAsync(Sample.Event("stream"));
    }

    [TestMethod]
    public async Task Several_at_once_take_turns()
    {
        var migrated = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => Task.Run(() => EventStoreSchema.MigrateAsync(_database.ConnectionString))));

        Assert.IsTrue(migrated.All(migration => migration.Mended.Count == 0));
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        Assert.AreEqual(LibraryMigrations.All.Length, await connection.ScalarAsync<long>("SELECT count(*) FROM __synckit_migrations"));
        await AssertWorksAsync();
    }

    [TestMethod]
    public async Task A_missing_database_is_created_even_by_several_at_once()
    {
        var missing = new NpgsqlConnectionStringBuilder(_database.ConnectionString) { Database = _database.Name + "_missing", Pooling = false };
        try
        {
            await Task.WhenAll(
                Enumerable.Range(0, 4).Select(_ => Task.Run(() => EventStoreSchema.MigrateAsync(missing.ConnectionString))));

            await using var store = new TestStore(missing.ConnectionString);
            await store.Events.StoreAsync(Sample.Event("stream"));
        }
        finally
        {
            await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
            await connection.RunAsync($"DROP DATABASE IF EXISTS {missing.Database} WITH (FORCE)");
        }
    }

    [TestMethod]
    public async Task A_history_without_its_table_is_named_and_not_taken_for_a_log()
    {
        await EventStoreSchema.MigrateAsync(_database.ConnectionString);
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        await connection.RunAsync("DROP TABLE events");

        var error = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(
            () => EventStoreSchema.MigrateAsync(_database.ConnectionString));

        Assert.AreEqual(UnavailableReason.SchemaMissing, error.Reason);
        Assert.Contains("its table \"events\" is gone", error.Message);
    }

    [TestMethod]
    public async Task The_model_has_no_pending_changes()
    {
        await using var db = Context();

        Assert.IsFalse(db.Database.HasPendingModelChanges());
    }

    [TestMethod]
    public async Task An_empty_log_goes_down_and_up_again()
    {
        await using var db = Context();
        var migrator = db.GetService<IMigrator>();
        await migrator.MigrateAsync();

        await migrator.MigrateAsync(Migration.InitialDatabase);

        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        Assert.AreEqual(0, await LeftoversAsync(connection));
        await migrator.MigrateAsync();
        await AssertWorksAsync();
    }

    [TestMethod]
    public async Task Down_refuses_while_there_are_events_and_obeys_when_told()
    {
        await using var db = Context();
        var migrator = db.GetService<IMigrator>();
        await migrator.MigrateAsync();
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        await connection.RunAsync("INSERT INTO events (id, aggregate_id, event_type) VALUES ('1', 'a', 'T')");

        var refused = await Assert.ThrowsExactlyAsync<PostgresException>(() => migrator.MigrateAsync(Migration.InitialDatabase));

        Assert.AreEqual(PostgresErrorCodes.DependentObjectsStillExist, refused.SqlState);
        Assert.Contains("synckit.allow_drop = on", refused.MessageText);
        Assert.Contains("\"synckit migrate\" puts them back", refused.MessageText);
        Assert.AreEqual(1, await connection.ScalarAsync<long>("SELECT count(*) FROM events"));
        // What loses nothing has gone down before, one migration at a time; it comes up again.
        Assert.AreEqual(LibraryMigrations.All[0], await connection.ScalarAsync<string>("""SELECT max("MigrationId") FROM __synckit_migrations"""));
        Assert.HasCount(LibraryMigrations.All.Length - 1, (await EventStoreSchema.MigrateAsync(_database.ConnectionString)).Applied);
        Assert.IsEmpty(await SchemaDrift.FindAsync(connection, CancellationToken.None));

        await using var allowed = Context("-c synckit.allow_drop=on");
        await allowed.GetService<IMigrator>().MigrateAsync(Migration.InitialDatabase);
        Assert.AreEqual(0, await LeftoversAsync(connection));
    }

    [TestMethod]
    public async Task Going_down_by_one_leaves_the_trigger_of_before_and_goes_up_again()
    {
        await using var db = Context();
        var migrator = db.GetService<IMigrator>();
        await migrator.MigrateAsync("20261123004320_CreateEvents");
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        await connection.RunAsync("INSERT INTO events (id, aggregate_id, event_type) VALUES ('1', 'a', 'T')");
        var before = await NotifyingAsync();

        await migrator.MigrateAsync();
        var after = await NotifyingAsync();
        await migrator.MigrateAsync("20261123004320_CreateEvents");

        Assert.DoesNotContain("synckit.notify", before);
        Assert.Contains("synckit.notify", after);
        Assert.AreEqual(before, await NotifyingAsync());
        Assert.AreEqual(1, await connection.ScalarAsync<long>("SELECT count(*) FROM events"));
        await migrator.MigrateAsync();
        Assert.AreEqual(after, await NotifyingAsync());
        await AssertWorksAsync();

        Task<string> NotifyingAsync() => connection.ScalarAsync<string>("""
            SELECT concat_ws(E'\n', pg_get_functiondef('event_stream_channel'::regproc), pg_get_functiondef('notify_event_inserted'::regproc),
                (SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'events_notify_trigger'))
            """);
    }

    [TestMethod]
    public async Task The_idempotent_script_runs_twice_as_one_command()
    {
        await using var db = Context();
        var script = db.GetService<IMigrator>().GenerateScript(options: MigrationsSqlGenerationOptions.Idempotent);
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);

        await connection.RunAsync(script);
        await connection.RunAsync("INSERT INTO events (id, aggregate_id, event_type) VALUES ('1', 'a', 'T')");
        await connection.RunAsync(script);

        Assert.AreEqual(1, await connection.ScalarAsync<long>("SELECT count(*) FROM events"));
        Assert.IsEmpty(await SchemaDrift.FindAsync(connection, CancellationToken.None));
        Assert.IsEmpty((await EventStoreSchema.MigrateAsync(_database.ConnectionString)).Applied);
    }

    [TestMethod]
    public async Task The_idempotent_script_goes_down_too()
    {
        await using var db = Context();
        var migrator = db.GetService<IMigrator>();
        await migrator.MigrateAsync();
        var script = migrator.GenerateScript(
            SchemaCheck.NewestMigration, Migration.InitialDatabase, MigrationsSqlGenerationOptions.Idempotent);
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);

        await connection.RunAsync(script);
        await connection.RunAsync(script);

        Assert.AreEqual(0, await LeftoversAsync(connection));
    }

    [TestMethod]
    public async Task An_applications_own_migrations_are_left_alone()
    {
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        await connection.RunAsync("""
            CREATE TABLE "__EFMigrationsHistory" ("MigrationId" varchar(150) PRIMARY KEY, "ProductVersion" varchar(32) NOT NULL);
            INSERT INTO "__EFMigrationsHistory" VALUES ('20240101000000_CreateOrders', '9.0.0');
            CREATE TABLE orders (id int);
            """);

        await EventStoreSchema.MigrateAsync(_database.ConnectionString);

        Assert.AreEqual(
            "20240101000000_CreateOrders",
            string.Join(',', await connection.ColumnAsync<string>("""SELECT "MigrationId" FROM "__EFMigrationsHistory" """)));
        await using var db = Context("-c synckit.allow_drop=on");
        await db.GetService<IMigrator>().MigrateAsync(Migration.InitialDatabase);
        Assert.AreEqual(0, await connection.ScalarAsync<long>("SELECT count(*) FROM orders"));
        Assert.AreEqual(1, await connection.ScalarAsync<long>("""SELECT count(*) FROM "__EFMigrationsHistory" """));
    }

    [TestMethod]
    public async Task The_search_path_places_the_log()
    {
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        await connection.RunAsync("CREATE SCHEMA tenant_a; CREATE SCHEMA \"Tenant B\"");
        var (a, b) = (In("tenant_a"), In("\"Tenant B\""));

        Assert.HasCount(LibraryMigrations.All.Length, (await EventStoreSchema.MigrateAsync(a)).Applied);
        Assert.HasCount(LibraryMigrations.All.Length, (await EventStoreSchema.MigrateAsync(b)).Applied);
        foreach (var again in (string[])[a, b])
        {
            var migration = await EventStoreSchema.MigrateAsync(again);
            Assert.IsEmpty(migration.Applied);
            Assert.IsEmpty(migration.Mended);
        }

        await using var storeA = new TestStore(a);
        await using var storeB = new TestStore(b);
        await storeA.Events.StoreAsync(Sample.Events("stream", 3));
        await storeB.Events.StoreAsync(Sample.Event("stream"));
        Assert.AreEqual(3, await connection.ScalarAsync<long>("SELECT count(*) FROM tenant_a.events"));
        Assert.AreEqual(1, await connection.ScalarAsync<long>("SELECT count(*) FROM \"Tenant B\".events"));
        Assert.AreEqual(LibraryMigrations.All.Length, await connection.ScalarAsync<long>("SELECT count(*) FROM tenant_a.__synckit_migrations"));
        Assert.IsFalse(await connection.ScalarAsync<bool>("SELECT to_regclass('public.events') IS NOT NULL"));

        // A writer whose search path is elsewhere still gets the places of the table it writes to.
        await connection.RunAsync("INSERT INTO tenant_a.events (id, aggregate_id, event_type) VALUES ('raw', 'stream', 'T')");
        Assert.AreEqual(4, await connection.ScalarAsync<long>("SELECT stream_version FROM tenant_a.events WHERE id = 'raw'"));
        Assert.AreEqual(
            await connection.ScalarAsync<long>("SELECT max(version) FROM tenant_a.events"), (await storeA.Events.GetLatestVersionAsync()).Value);
        Assert.AreEqual(1, (await storeB.Events.GetLatestVersionAsync()).Value);

        string In(string schema) =>
            new NpgsqlConnectionStringBuilder(_database.ConnectionString) { SearchPath = schema }.ConnectionString;
    }

    [TestMethod]
    public async Task A_log_in_public_and_one_in_a_schema_do_not_see_each_other()
    {
        await EventStoreSchema.MigrateAsync(_database.ConnectionString);
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        await connection.RunAsync("CREATE SCHEMA tenant");
        var tenant = new NpgsqlConnectionStringBuilder(_database.ConnectionString) { SearchPath = "tenant" }.ConnectionString;

        var migration = await EventStoreSchema.MigrateAsync(tenant);

        Assert.HasCount(LibraryMigrations.All.Length, migration.Applied);
        await using var inTenant = new TestStore(tenant);
        await inTenant.Events.StoreAsync(Sample.Event("stream"));
        Assert.AreEqual(0, await connection.ScalarAsync<long>("SELECT count(*) FROM public.events"));
        Assert.AreEqual(1, await connection.ScalarAsync<long>("SELECT count(*) FROM tenant.events"));
    }

    private EventStoreDbContext Context(string? startup = null)
    {
        var options = new DbContextOptionsBuilder<EventStoreDbContext>();
        EventStoreSchema.Configure(
            options,
            new NpgsqlConnectionStringBuilder(_database.ConnectionString) { Options = startup }.ConnectionString);
        return new EventStoreDbContext(options.Options);
    }

    private static Task<long> LeftoversAsync(NpgsqlConnection connection) => connection.ScalarAsync<long>("""
        SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE '%\_\_synckit_migrations')
            + (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace)
        """);

    private async Task AssertWorksAsync()
    {
        await using var connection = await RawSql.ConnectAsync(_database.ConnectionString);
        Assert.IsEmpty(await SchemaDrift.FindAsync(connection, CancellationToken.None));
        await using var store = new TestStore(_database.ConnectionString);
        Assert.AreEqual(2, (await store.Events.StoreAsync(Sample.Events("stream", 2))).StreamVersion);
    }
}
