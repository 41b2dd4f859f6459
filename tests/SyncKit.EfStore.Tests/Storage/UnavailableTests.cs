using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SyncKit.EfStore.Storage;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Storage;

/// <summary>A store that cannot be used says why and what to do, whichever method was called.</summary>
[TestClass]
public sealed class UnavailableTests
{
    private const string Secret = "s3cr3t-Pa55word";

    private static PostgresServer _server = null!;
    private static PostgresDatabase _database = null!;

    [ClassInitialize]
    public static async Task Open(TestContext context)
    {
        _server = await TestServer.GetAsync();
        _database = await _server.CreateDatabaseAsync(context.CancellationToken);
    }

    [ClassCleanup]
    public static async Task Close() => await _database.DisposeAsync();

    [TestMethod]
    public async Task No_server_listens()
    {
        var unused = FreePort();
        var at = With(builder => (builder.Host, builder.Port, builder.Password) = ("127.0.0.1", unused, Secret));

        var error = await AssertUnavailableAsync(at, UnavailableReason.ServerUnreachable);

        Assert.Contains($"127.0.0.1:{unused}", error.Message);
        Assert.Contains("Start the server", error.Message);
        var migration = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(() => EventStoreSchema.MigrateAsync(at));
        Assert.AreEqual(UnavailableReason.ServerUnreachable, migration.Reason);
        AssertNoSecret(migration);
    }

    [TestMethod]
    [DataRow("Search Path=\"")]
    [DataRow("Timezone=Nowhere")]
    [DataRow("Options=-c work_mem=none")]
    [DataRow("Options=-c no_such_setting=1")]
    public async Task A_setting_of_the_connection_string_is_refused(string setting)
    {
        var to = new NpgsqlConnectionStringBuilder(_database.ConnectionString) { Pooling = false };
        var (keyword, value) = (setting[..setting.IndexOf('=', StringComparison.Ordinal)], setting[(setting.IndexOf('=', StringComparison.Ordinal) + 1)..]);
        to[keyword] = value;
        await using var store = TestStore.AsOwner(to.ConnectionString);

        foreach (var attempt in new Func<Task>[]
        {
            () => store.Events.StoreAsync(Sample.Event("a")),
            () => EventStoreSchema.MigrateAsync(to.ConnectionString),
            () => EventStoreSchema.InspectAsync(to.ConnectionString),
        })
        {
            var error = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(attempt);
            Assert.Contains("refused a setting of the connection string", error.Message);
        }
    }

    [TestMethod]
    [DataRow(null, "the server's log says more")]
    [DataRow("client.crt", "may have refused SSL Certificate")]
    public async Task A_connection_that_breaks_while_it_is_opened_is_no_appends_fault(string? certificate, string advice)
    {
        using var server = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        server.Start();
        var closing = Task.Run(async () =>
        {
            using var client = await server.AcceptTcpClientAsync();
            await client.GetStream().ReadExactlyAsync(new byte[8]);
        });
        var to = $"Host=127.0.0.1;Port={((System.Net.IPEndPoint)server.LocalEndpoint).Port};Username=u;SSL Mode=Disable;GSS Encryption Mode=Disable;Pooling=false";
        await using var connection = new NpgsqlConnection(to);

        var error = await Assert.ThrowsAsync<NpgsqlException>(() => connection.OpenMarkedAsync(CancellationToken.None));
        await closing;
        _ = certificate is not null && OpeningErrors.Marks(error, $"{to};SSL Certificate={certificate}");
        var told = (EventStoreUnavailableException)PostgresErrors.Translate(error, "database 'd' at h:1");

        Assert.AreEqual(UnavailableReason.ConnectionLost, told.Reason);
        Assert.Contains("The connection to database 'd' at h:1 broke while it was opened", told.Message);
        Assert.Contains(advice, told.Message);
        Assert.DoesNotContain("append", told.Message);
        Assert.IsTrue(PostgresErrors.IsTransient(error));
    }

    [TestMethod]
    [DataRow("42P05")]
    [DataRow("26000")]
    public void A_pooler_mixes_up_prepared_statements(string sqlState)
    {
        var told = PostgresErrors.Translate(new PostgresException("prepared statement \"_auto0\" already exists", "ERROR", "ERROR", sqlState), "database 'd' at h:1");

        Assert.Contains("EnablePreparedStatements to false", told.Message);
        Assert.Contains("max_prepared_statements", told.Message);
    }

    [TestMethod]
    public async Task The_hosts_name_is_unknown()
    {
        var error = await AssertUnavailableAsync(
            With(builder => (builder.Host, builder.Password) = ("no-such-host.invalid", Secret)), UnavailableReason.ServerUnreachable);

        Assert.Contains("no-such-host.invalid", error.Message);
    }

    [TestMethod]
    public async Task The_password_is_wrong()
    {
        var role = await CreateRoleAsync();

        var error = await AssertUnavailableAsync(
            With(builder => (builder.Username, builder.Password) = (role, Secret + "-wrong")), UnavailableReason.AuthenticationFailed);

        Assert.Contains("Correct Username and Password", error.Message);
        var migration = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(() => EventStoreSchema.MigrateAsync(
            With(builder => (builder.Username, builder.Password) = (role, Secret + "-wrong"))));
        Assert.AreEqual(UnavailableReason.AuthenticationFailed, migration.Reason);
        AssertNoSecret(migration);
    }

    [TestMethod]
    public async Task The_password_is_missing()
    {
        var role = await CreateRoleAsync();

        var error = await AssertUnavailableAsync(
            With(builder => (builder.Username, builder.Password) = (role, null)), UnavailableReason.AuthenticationFailed);

        Assert.Contains("Add Password=", error.Message);
    }

    [TestMethod]
    public async Task The_database_is_missing()
    {
        var error = await AssertUnavailableAsync(
            With(builder => builder.Database = "no_such_database"), UnavailableReason.DatabaseMissing);

        Assert.Contains("'no_such_database'", error.Message);
        Assert.Contains("synckit migrate", error.Message);
    }

    [TestMethod]
    public async Task The_schema_is_missing_until_it_is_migrated()
    {
        await using var empty = await _server.CreateEmptyDatabaseAsync();
        await using var store = new TestStore(empty.ConnectionString);

        var error = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(() => store.Events.StoreAsync(Sample.Event("stream")));
        await EventStoreSchema.MigrateAsync(empty.ConnectionString);
        TestRoles.GrantAfterMigration(empty.ConnectionString);

        Assert.AreEqual(UnavailableReason.SchemaMissing, error.Reason);
        Assert.Contains("Provision it with 'synckit migrate' or 'dotnet ef database update'", error.Message);
        await store.Events.StoreAsync(Sample.Event("stream"));
    }

    [TestMethod]
    public async Task Every_method_says_that_the_schema_is_missing()
    {
        await using var empty = await _server.CreateEmptyDatabaseAsync();

        await AssertUnavailableAsync(empty.ConnectionString, UnavailableReason.SchemaMissing);
    }

    [TestMethod]
    public async Task The_table_was_made_by_go_sync_kit()
    {
        await using var go = await _server.CreateEmptyDatabaseAsync();
        await using (var connection = await RawSql.ConnectAsync(go.ConnectionString))
        {
            await connection.RunAsync(GoSyncKit.Schema);
        }

        var error = await AssertUnavailableAsync(go.ConnectionString, UnavailableReason.SchemaOutdated);

        Assert.Contains("not adopted yet", error.Message);
        Assert.Contains("synckit migrate", error.Message);
    }

    [TestMethod]
    public async Task The_newest_migration_is_not_applied()
    {
        await using var old = await _server.CreateDatabaseAsync();
        TestRoles.GrantAfterMigration(old.ConnectionString);
        await using (var connection = await RawSql.ConnectAsync(old.ConnectionString))
        {
            await connection.RunAsync("""DELETE FROM __synckit_migrations WHERE "MigrationId" = $1""", SchemaCheck.NewestMigration);
        }

        var error = await AssertUnavailableAsync(old.ConnectionString, UnavailableReason.SchemaOutdated);

        Assert.Contains(SchemaCheck.NewestMigration, error.Message);
    }

    [TestMethod]
    public async Task A_schema_newer_than_the_library_is_used()
    {
        await using var newer = await _server.CreateDatabaseAsync();
        await using (var connection = await RawSql.ConnectAsync(newer.ConnectionString))
        {
            await connection.RunAsync("INSERT INTO __synckit_migrations VALUES ('99990101000000_Newer', '99.0')");
        }

        await using var store = new TestStore(newer.ConnectionString);

        await store.Events.StoreAsync(Sample.Event("stream"));
    }

    [TestMethod]
    public async Task The_table_is_dropped_while_the_store_is_in_use()
    {
        await using var database = await _server.CreateDatabaseAsync();
        await using var store = new TestStore(database.ConnectionString);
        await store.Events.StoreAsync(Sample.Event("stream"));
        await using (var connection = await RawSql.ConnectAsync(database.ConnectionString))
        {
            await connection.RunAsync("DROP TABLE events");
        }

        var error = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(() => store.Events.StoreAsync(Sample.Event("stream")));

        Assert.AreEqual(UnavailableReason.SchemaMissing, error.Reason);
    }

    [TestMethod]
    public async Task The_role_may_only_insert_and_select()
    {
        await using var database = await _server.CreateDatabaseAsync();
        var role = await CreateRoleAsync();
        var connectionString = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = role, Password = Secret }.ConnectionString;
        await using var owner = await RawSql.ConnectAsync(database.ConnectionString);
        await using var store = new TestStore(connectionString);

        var error = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(() => store.Events.StoreAsync(Sample.Event("stream")));
        Assert.AreEqual(UnavailableReason.PermissionDenied, error.Reason);
        AssertNoSecret(error);

        await owner.RunAsync($"GRANT SELECT, INSERT ON events TO {role}; GRANT USAGE ON SEQUENCE events_version_seq TO {role}; GRANT SELECT ON __synckit_migrations TO {role}");
        await store.Events.StoreAsync(Sample.Events("stream", 2));
        await using var raw = await RawSql.ConnectAsync(connectionString);
        await raw.RunAsync("INSERT INTO events (id, aggregate_id, event_type) VALUES ('raw', 'stream', 'T')");
        Assert.AreEqual(3, (await store.Events.LoadAsync(EventVersion.Zero).ToListAsync())[^1].StreamVersion);
        foreach (var change in (string[])["UPDATE events SET event_type = 'X'", "DELETE FROM events", "TRUNCATE events"])
        {
            Assert.AreEqual(
                PostgresErrorCodes.InsufficientPrivilege,
                (await Assert.ThrowsExactlyAsync<PostgresException>(() => raw.RunAsync(change))).SqlState);
        }
    }

    [TestMethod]
    public async Task All_connections_are_in_use()
    {
        await using var store = new TestStore(With(builder => builder.Timeout = 1), options => options.MaxPoolSize = 1);
        await store.Events.StoreAsync(Sample.Event("stream"));
        var taken = await store.Services.GetRequiredService<EventStoreConnections>().OpenAsync(CancellationToken.None);

        var error = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(() => store.Events.StoreAsync(Sample.Event("stream")));

        await taken.DisposeAsync();
        Assert.AreEqual(UnavailableReason.ServerError, error.Reason);
        StringAssert.Contains(error.Message, "raise MaxPoolSize", StringComparison.Ordinal);
        await store.Events.StoreAsync(Sample.Event("stream"));
    }

    /// <summary>All that talk to the server, as a caller gets their errors.</summary>
    private static async Task<EventStoreUnavailableException> AssertUnavailableAsync(string connectionString, UnavailableReason reason)
    {
        await using var store = new TestStore(connectionString);
        EventStoreUnavailableException? last = null;
        foreach (var call in (Func<Task>[])
        [
            () => store.Events.StoreAsync(Sample.Event("stream")),
            () => store.Events.AppendAsync([Sample.Event("stream")], ExpectedVersion.NoStream),
            () => store.Events.LoadAsync(EventVersion.Zero).ToListAsync().AsTask(),
            () => store.Events.LoadByAggregateAsync("stream").ToListAsync().AsTask(),
            () => store.Events.GetLatestVersionAsync(),
        ])
        {
            last = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(call);
            Assert.AreEqual(reason, last.Reason);
            AssertNoSecret(last);
        }

        return last!;
    }

    /// <summary>Not in a message, and not in what a log would print of the whole exception.</summary>
    private static void AssertNoSecret(Exception error) => Assert.DoesNotContain(Secret, error.ToString());

    private static string With(Action<NpgsqlConnectionStringBuilder> change)
    {
        var builder = new NpgsqlConnectionStringBuilder(_database.ConnectionString);
        change(builder);
        return builder.ConnectionString;
    }

    /// <summary>A role that must give <see cref="Secret"/> to log in, unless the server trusts everybody.</summary>
    private static async Task<string> CreateRoleAsync()
    {
        var role = $"test_{Guid.NewGuid():N}";
        await using var connection = await RawSql.ConnectAsync(_server.ConnectionString);
        await connection.RunAsync($"CREATE ROLE {role} LOGIN PASSWORD '{Secret}'");
        return role;
    }

    private static int FreePort()
    {
        using var socket = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        socket.Start();
        return ((System.Net.IPEndPoint)socket.LocalEndpoint).Port;
    }
}
