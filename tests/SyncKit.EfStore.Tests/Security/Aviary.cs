using Npgsql;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Security;

/// <summary>A database with a canary, which shows whether anything was executed that should have been a value.</summary>
internal sealed class Aviary : IAsyncDisposable
{
    // The set of everything that a statement can make or drop, who may do what, and what the canary sang.
    private const string StateSql = """
        SELECT string_agg(line, E'\n' ORDER BY line)
        FROM (
            SELECT 'relation ' || oid::regclass || ' ' || relkind::text || ' ' || coalesce(relacl::text, '') AS line FROM pg_class WHERE relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname LIKE 'pg\_temp%' OR nspname LIKE 'pg\_toast%')
            UNION ALL SELECT 'function ' || oid::regprocedure || md5(prosrc) || coalesce(proacl::text, '') FROM pg_proc WHERE pronamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')
            UNION ALL SELECT 'trigger ' || tgrelid::regclass || tgname || tgenabled::text FROM pg_trigger
            UNION ALL SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\_%temp%'
            UNION ALL SELECT 'canary ' || (SELECT count(*) FROM canary)
        ) AS state
        """;

    private readonly PostgresDatabase _database;
    private string _before = "";

    private Aviary(PostgresDatabase database, NpgsqlConnection owner) => (_database, Owner) = (database, owner);

    internal string ConnectionString => _database.ConnectionString;

    internal NpgsqlConnection Owner { get; }

    internal static async Task<Aviary> OpenAsync()
    {
        var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        var aviary = new Aviary(database, await RawSql.ConnectAsync(database.ConnectionString));
        await aviary.Owner.RunAsync("""
            CREATE TABLE canary (song text);
            CREATE FUNCTION sing() RETURNS bool LANGUAGE sql AS 'INSERT INTO canary VALUES (''sung'') RETURNING true';
            GRANT ALL ON canary TO PUBLIC
            """);
        _ = TestRoles.ForStore(database.ConnectionString); // What it grants is nothing that a string did.
        aviary._before = await aviary.StateAsync();
        return aviary;
    }

    internal Task<string> StateAsync() => Owner.ScalarAsync<string>(StateSql);

    internal async Task AssertSilentAsync() => Assert.AreEqual(_before, await StateAsync());

    public async ValueTask DisposeAsync()
    {
        await Owner.DisposeAsync();
        await _database.DisposeAsync();
    }
}
