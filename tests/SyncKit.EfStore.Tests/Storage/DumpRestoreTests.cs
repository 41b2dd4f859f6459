using System.Diagnostics;
using Npgsql;
using SyncKit.EfStore.Storage;
using SyncKit.EfStore.Testing;
using SyncKit.EfStore.Testing.Clusters;
using SyncKit.EfStore.Testing.Sources;

namespace SyncKit.EfStore.Tests.Storage;

/// <summary>Backups restore: pg_restore runs with an empty search_path, which a careless trigger does not survive.</summary>
[TestClass]
public sealed class DumpRestoreTests
{
    private const string Fingerprint = "SELECT md5(string_agg(events::text, '|' ORDER BY version)) FROM events";
    private const string AuditFingerprint = "SELECT count(*) || md5(string_agg(event_audit::text, '|' ORDER BY audit_id)) FROM event_audit";

    private PostgresDatabase _source = null!;
    private PostgresDatabase _target = null!;
    private string _folder = null!;

    [TestInitialize]
    public async Task Fill()
    {
        var server = await TestServer.GetAsync();
        (_source, _target) = (await server.CreateDatabaseAsync(), await server.CreateEmptyDatabaseAsync());
        _folder = Directory.CreateTempSubdirectory("synckit-dump-").FullName;
        await using var store = new TestStore(_source.ConnectionString);
        await store.Events.StoreAsync([.. Enumerable.Range(0, 500).Select(n => Sample.Event($"stream-{n % 7}", n))]);
        await using var connection = await RawSql.ConnectAsync(_source.ConnectionString);
        await connection.RunAsync("INSERT INTO events (id, aggregate_id, event_type) VALUES ('raw', $1, 'T')", new string('x', 200));
        await connection.RunAsync("UPDATE events SET event_type = 'Edited' WHERE version = 3; DELETE FROM events WHERE version = 4");
        await connection.RunAsync("DO $$ BEGIN PERFORM erase_events(NULL, '{3,5}', 'request'); END $$");
    }

    [TestCleanup]
    public async Task Drop()
    {
        await _source.DisposeAsync();
        await _target.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [TestMethod]
    public async Task A_whole_dump_restores_into_a_new_database()
    {
        await DumpAsync("all", "--format=custom");
        await RestoreAsync("all");

        await AssertSameAndUsableAsync();
    }

    [TestMethod]
    public async Task A_dump_of_the_data_restores_into_the_schema()
    {
        await DumpAsync("schema", "--format=custom", "--schema-only");
        await DumpAsync("data", "--format=custom", "--data-only");
        await RestoreAsync("schema");
        await RestoreAsync("data");

        await AssertSameAndUsableAsync();
    }

    [TestMethod]
    public async Task A_dump_of_the_data_restores_into_a_database_that_was_migrated()
    {
        await EventStoreSchema.MigrateAsync(_target.ConnectionString);
        await DumpAsync("data", "--format=custom", "--data-only");
        await RestoreAsync("data");

        await AssertSameAndUsableAsync();
    }

    [TestMethod]
    public async Task A_dump_as_inserts_restores_with_its_triggers()
    {
        await DumpAsync("schema", "--format=custom", "--schema-only");
        await DumpAsync("data", "--format=custom", "--data-only", "--column-inserts");
        await RestoreAsync("schema");
        await RestoreAsync("data");

        await AssertSameAndUsableAsync();
    }

    private async Task AssertSameAndUsableAsync()
    {
        await using var source = await RawSql.ConnectAsync(_source.ConnectionString);
        await using var target = await RawSql.ConnectAsync(_target.ConnectionString);
        Assert.AreEqual(await source.ScalarAsync<string>(Fingerprint), await target.ScalarAsync<string>(Fingerprint));
        Assert.StartsWith("4", await source.ScalarAsync<string>(AuditFingerprint));
        Assert.AreEqual(await source.ScalarAsync<string>(AuditFingerprint), await target.ScalarAsync<string>(AuditFingerprint));
        await target.RunAsync("UPDATE events SET event_type = 'Audited' WHERE version = 1");
        Assert.StartsWith("5", await target.ScalarAsync<string>(AuditFingerprint));
        await target.RunAsync("UPDATE events SET event_type = 'Tested' WHERE version = 1");
        Assert.IsEmpty(await SchemaDrift.FindAsync(target, CancellationToken.None));
        Assert.IsEmpty((await EventStoreSchema.MigrateAsync(_target.ConnectionString)).Applied);

        await using var store = new TestStore(_target.ConnectionString);
        var last = await store.Events.GetLatestVersionAsync();
        var next = await store.Events.StoreAsync(Sample.Event("stream-0"));
        Assert.IsTrue(next.Version > last);
        await target.RunAsync("INSERT INTO events (id, aggregate_id, event_type) VALUES ('after', 'stream-0', 'T')");
        Assert.AreEqual(next.StreamVersion + 1, await target.ScalarAsync<long>("SELECT stream_version FROM events WHERE id = 'after'"));
    }

    private Task DumpAsync(string file, params string[] arguments) =>
        RunAsync("pg_dump", _source, [.. arguments, $"--file={Path.Combine(_folder, file)}"]);

    private Task RestoreAsync(string file) =>
        RunAsync("pg_restore", _target, ["--exit-on-error", $"--dbname={_target.Name}", Path.Combine(_folder, file)]);

    private static async Task RunAsync(string program, PostgresDatabase database, string[] arguments)
    {
        var at = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        using var process = Process.Start(new ProcessStartInfo(Find(program), arguments)
        {
            RedirectStandardError = true,
            Environment =
            {
                ["PGHOST"] = at.Host,
                ["PGPORT"] = $"{at.Port}",
                ["PGUSER"] = at.Username,
                ["PGPASSWORD"] = at.Password,
                ["PGDATABASE"] = at.Database,
            },
        })!;
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.AreEqual(0, process.ExitCode, errors);
    }

    /// <summary>Of the same version as the server where a folder was chosen; else the newest installed, since an older pg_dump refuses a newer server.</summary>
    internal static string Find(string program)
    {
        if (new Surroundings().ChosenPrograms is { } chosen)
        {
            return ProgramFolders.Program(chosen, program);
        }

        return Directory.Exists("/usr/lib/postgresql")
            ? Directory.EnumerateDirectories("/usr/lib/postgresql")
                .OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0)
                .Select(folder => Path.Combine(folder, "bin", program))
                .FirstOrDefault(File.Exists, program)
            : program;
    }
}
