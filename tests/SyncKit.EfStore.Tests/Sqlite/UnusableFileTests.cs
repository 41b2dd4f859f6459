using Microsoft.Data.Sqlite;
using SyncKit.EfStore.Sqlite;
using SyncKit.EfStore.Sqlite.Storage;

namespace SyncKit.EfStore.Tests.Sqlite;

/// <summary>A file that cannot be used is refused by name, with what to do, and is not touched.</summary>
[TestClass]
public sealed class UnusableFileTests
{
    private const string Columns = "version INTEGER PRIMARY KEY AUTOINCREMENT, aggregate_id TEXT, event_type TEXT, data TEXT, metadata TEXT, created_at TIMESTAMP";

    public static IEnumerable<object[]> Shapes =>
    [
        ["CREATE TABLE events (x)", "it has no column 'version'; it has no column 'id'; it has no column 'aggregate_id'; it has no column 'event_type'; it has no column 'data'; it has no column 'metadata'; it has no column 'created_at'"],
        [$"CREATE TABLE events ({Columns})", "it has no column 'id'"],
        [$"CREATE TABLE events ({Columns}, id TEXT)", "its column 'id' is not UNIQUE"],
        [$"CREATE TABLE events ({Columns}, id TEXT); CREATE INDEX i ON events (id)", "its column 'id' is not UNIQUE"],
        [$"CREATE TABLE events ({Columns}, id TEXT); CREATE UNIQUE INDEX i ON events (id) WHERE id > 'm'", "its column 'id' is not UNIQUE"],
        [$"CREATE TABLE events ({Columns}, id TEXT, UNIQUE (id, data))", "its column 'id' is not UNIQUE"],
        [$"CREATE TABLE events ({Columns}, id TEXT UNIQUE, tenant TEXT NOT NULL)", "its column 'tenant' is NOT NULL and has no default"],
        [SqliteFile.GoSql.Replace("INTEGER PRIMARY KEY AUTOINCREMENT", "TEXT PRIMARY KEY", StringComparison.Ordinal), "its column 'version' is not the INTEGER PRIMARY KEY"],
        [SqliteFile.GoSql.Replace("INTEGER PRIMARY KEY AUTOINCREMENT", "INTEGER", StringComparison.Ordinal), "its column 'version' is not the INTEGER PRIMARY KEY"],
        ["CREATE VIEW events AS SELECT 1 AS version", "it has no column 'id'; it has no column 'aggregate_id'; it has no column 'event_type'; it has no column 'data'; it has no column 'metadata'; it has no column 'created_at'; its column 'version' is not the INTEGER PRIMARY KEY"],
        ["PRAGMA encoding = 'UTF-16le'; " + SqliteFile.GoSql, "its text is UTF-16le, not UTF-8"],
    ];

    [TestMethod]
    [DynamicData(nameof(Shapes))]
    public async Task A_table_of_another_shape_is_refused_and_left_alone(string sql, string faults)
    {
        using var file = new SqliteFile();
        using (var connection = file.Connect())
        {
            SqliteFile.Run(connection, sql);
        }

        var bytes = await File.ReadAllBytesAsync(file.Path);

        var refused = await RefusedAsync(file.Open(), UnavailableReason.SchemaOutdated);

        Assert.AreEqual($"The SQLite file '{file.Path}' has a table 'events' that is not an event log of go-sync-kit: {faults}. Correct Path.", refused.Message);
        CollectionAssert.AreEqual(bytes, await File.ReadAllBytesAsync(file.Path));
    }

    [TestMethod]
    public async Task A_column_that_must_be_given_hinders_no_reader_and_one_with_a_default_hinders_nobody()
    {
        using var strict = new SqliteFile($"CREATE TABLE events ({Columns}, id TEXT UNIQUE, tenant TEXT NOT NULL)");
        using var lax = new SqliteFile($"CREATE TABLE events ({Columns}, id TEXT UNIQUE, tenant TEXT NOT NULL DEFAULT 'x')");
        await using var reader = strict.Open(options => options.ReadOnly = true);
        await using var writer = lax.Open();

        Assert.AreEqual(EventVersion.Zero, await reader.GetLatestVersionAsync());
        Assert.AreEqual(1, (await writer.StoreAsync(Sample.Event("a"))).Version.Value);
    }

    [TestMethod]
    public async Task Versions_that_could_be_used_again_are_refused_to_writers()
    {
        using var file = new SqliteFile(SqliteFile.GoSql.Replace(" AUTOINCREMENT", "", StringComparison.Ordinal));
        await using var reader = file.Open(options => options.ReadOnly = true);

        var refused = await RefusedAsync(file.Open(), UnavailableReason.OrderUnsafe);

        Assert.Contains("not AUTOINCREMENT", refused.Message);
        Assert.AreEqual(EventVersion.Zero, await reader.GetLatestVersionAsync());
    }

    [TestMethod]
    public async Task A_file_that_is_missing_is_created_only_where_that_is_wanted()
    {
        using var file = new SqliteFile();

        foreach (var configure in (Action<SqliteEventStoreOptions>[])[o => o.CreateIfMissing = false, o => o.ReadOnly = true])
        {
            var refused = await RefusedAsync(file.Open(configure), UnavailableReason.DatabaseMissing);
            Assert.AreEqual(
                $"The SQLite file '{file.Path}' is not there. Correct Path, or let the store create it: CreateIfMissing, and not ReadOnly.", refused.Message);
        }

        Assert.IsEmpty(Directory.GetFileSystemEntries(file.Folder));
        await using var store = file.Open();
        Assert.AreEqual(EventVersion.Zero, await store.GetLatestVersionAsync());
        Assert.IsTrue(File.Exists(file.Path));
    }

    [TestMethod]
    public async Task A_database_without_the_table_gets_it_only_where_that_is_wanted()
    {
        using var file = new SqliteFile("CREATE TABLE customers (id); INSERT INTO customers VALUES (1)");

        await RefusedAsync(file.Open(options => options.CreateIfMissing = false), UnavailableReason.SchemaMissing);
        var refused = await RefusedAsync(file.Open(options => options.ReadOnly = true), UnavailableReason.SchemaMissing);
        await using var store = file.Open();
        await store.StoreAsync(Sample.Event("a"));

        Assert.Contains("has no table 'events'", refused.Message);
        CollectionAssert.AreEqual((string[])["1"], file.Rows("SELECT id FROM customers"));
    }

    [TestMethod]
    public async Task An_empty_file_is_an_empty_database()
    {
        using var file = new SqliteFile();
        await File.WriteAllBytesAsync(file.Path, []);

        await RefusedAsync(file.Open(options => options.ReadOnly = true), UnavailableReason.SchemaMissing);
        await using var store = file.Open();

        Assert.AreEqual(1, (await store.StoreAsync(Sample.Event("a"))).Version.Value);
    }

    [TestMethod]
    public async Task What_is_not_a_database_is_refused_and_left_alone()
    {
        using var file = new SqliteFile();
        var text = string.Concat(Enumerable.Repeat("This is a letter, not a database.\n", 200));
        await File.WriteAllTextAsync(file.Path, text);

        foreach (var readOnly in (bool[])[false, true])
        {
            var refused = await RefusedAsync(file.Open(options => options.ReadOnly = readOnly), UnavailableReason.ServerError);
            Assert.AreEqual($"The SQLite file '{file.Path}' is not a SQLite database, or an encrypted one. Correct Path.", refused.Message);
        }

        Assert.AreEqual(text, await File.ReadAllTextAsync(file.Path));
    }

    [TestMethod]
    public async Task A_damaged_file_is_named()
    {
        using var file = new SqliteFile(SqliteFile.GoSql, wal: false);
        await using (var fill = file.Open())
        {
            await fill.StoreAsync(Sample.Events("a", 2_000));
        }

        await using (var bytes = new FileStream(file.Path, FileMode.Open))
        {
            bytes.Position = 2 * 4096;
            await bytes.WriteAsync(Enumerable.Repeat((byte)0xFF, (int)bytes.Length - (2 * 4096)).ToArray());
        }

        await using var store = file.Open(options => options.ReadOnly = true);
        var refused = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(async () => await store.LoadAsync(EventVersion.Zero).ToListAsync());

        Assert.AreEqual(UnavailableReason.ServerError, refused.Reason);
        Assert.Contains("is damaged", refused.Message);
    }

    [TestMethod]
    public async Task A_folder_and_a_file_in_a_folder_that_is_missing_are_refused()
    {
        using var file = new SqliteFile();

        var folder = await RefusedAsync(file.Open(options => options.Path = file.Folder), UnavailableReason.PermissionDenied);
        var missing = await RefusedAsync(file.Open(options => options.Path = Path.Combine(file.Folder, "none", "events.db")), UnavailableReason.DatabaseMissing);
        var within = await RefusedAsync(
            file.Open(options => (options.Path, options.ReadOnly) = (Path.Combine(file.Folder, "none", "events.db"), true)), UnavailableReason.DatabaseMissing);

        Assert.Contains("must be a file, not a folder", folder.Message);
        Assert.Contains("its folder is not there", missing.Message);
        Assert.Contains("is not there", within.Message);
        Assert.IsFalse(Directory.Exists(Path.Combine(file.Folder, "none")));
    }

    [TestMethod]
    public async Task A_store_that_only_reads_refuses_appends_and_still_finds_repeated_ones()
    {
        using var file = new SqliteFile();
        var given = Sample.Event("a");
        await using (var store = file.Open())
        {
            await store.StoreAsync(given);
        }

        var bytes = await File.ReadAllBytesAsync(file.Path);
        await using var reader = file.Open(options => options.ReadOnly = true);
        var refused = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(() => reader.StoreAsync(Sample.Event("a")));

        Assert.AreEqual(UnavailableReason.PermissionDenied, refused.Reason);
        Assert.Contains("can only be read", refused.Message);
        Assert.IsTrue((await reader.StoreAsync(given)).AlreadyStored);
        await Assert.ThrowsExactlyAsync<WrongExpectedVersionException>(() => reader.AppendAsync([Sample.Event("a")], ExpectedVersion.NoStream));
        Assert.AreEqual(1, await reader.LoadAsync(EventVersion.Zero).CountAsync());
        CollectionAssert.AreEqual(bytes, await File.ReadAllBytesAsync(file.Path));
    }

    [TestMethod]
    public async Task A_file_that_was_deleted_under_the_store_is_missed_and_not_made_again()
    {
        using var file = new SqliteFile();
        await using var store = file.Open();
        await store.StoreAsync(Sample.Event("a"));

        foreach (var part in Directory.GetFiles(file.Folder))
        {
            File.Delete(part);
        }

        var refused = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(() => store.StoreAsync(Sample.Event("a")));
        Assert.AreEqual(UnavailableReason.DatabaseMissing, refused.Reason);
        Assert.IsEmpty(Directory.GetFiles(file.Folder));
    }

    [TestMethod]
    public async Task A_file_that_was_refused_can_be_used_once_it_is_mended()
    {
        using var file = new SqliteFile("CREATE TABLE events (x)");
        await using var store = file.Open();
        await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(() => store.GetLatestVersionAsync());

        file.Run("DROP TABLE events");

        Assert.AreEqual(1, (await store.StoreAsync(Sample.Event("a"))).Version.Value);
    }

    [TestMethod]
    [DataRow(3, UnavailableReason.PermissionDenied)]
    [DataRow(5, UnavailableReason.ConnectionLost)]
    [DataRow(6, UnavailableReason.ConnectionLost)]
    [DataRow(15, UnavailableReason.ConnectionLost)]
    [DataRow(8, UnavailableReason.PermissionDenied)]
    [DataRow(10, UnavailableReason.ConnectionLost)]
    [DataRow(11, UnavailableReason.ServerError)]
    [DataRow(13, UnavailableReason.ServerError)]
    [DataRow(14, UnavailableReason.PermissionDenied)]
    [DataRow(19, UnavailableReason.ServerError)]
    [DataRow(26, UnavailableReason.ServerError)]
    public void Each_result_of_SQLite_has_a_reason_and_names_the_file(int result, UnavailableReason reason)
    {
        var error = (EventStoreUnavailableException)SqliteErrors.Translate(new SqliteException("what it said", result), "/data/events.db", TimeSpan.FromSeconds(1));

        Assert.AreEqual(reason, error.Reason);
        Assert.StartsWith("The SQLite file '/data/events.db' ", error.Message);
        Assert.IsInstanceOfType<SqliteException>(error.InnerException);
    }

    private static async Task<EventStoreUnavailableException> RefusedAsync(SqliteEventStore store, UnavailableReason reason)
    {
        await using var _ = store;
        var read = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(() => store.GetLatestVersionAsync());
        var append = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(() => store.StoreAsync(Sample.Event("a")));
        Assert.AreEqual(reason, read.Reason);
        Assert.AreEqual((read.Reason, read.Message), (append.Reason, append.Message));
        return read;
    }
}
