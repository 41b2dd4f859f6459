using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Appending;

/// <summary>Administrators set defaults for a database; the guarantees hold all the same.</summary>
[TestClass]
public sealed class AppendIsolationTests
{
    [TestMethod]
    [DataRow("repeatable read")]
    [DataRow("serializable")]
    public async Task Any_never_fails_whatever_the_databases_default_isolation(string isolation)
    {
        const int writers = 24;
        const int each = 40;
        await using var database = await DatabaseWithAsync(isolation);
        await using var store = new TestStore(database.ConnectionString);
        var stream = Sample.Stream();

        await Task.WhenAll(Enumerable.Range(0, writers).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < each; i++)
            {
                await store.Events.StoreAsync(Sample.Event(stream));
            }
        })));

        var log = await store.StreamAsync(stream);
        CollectionAssert.AreEqual(Enumerable.Range(1, writers * each).Select(n => (long)n).ToArray(), log.Select(e => e.StreamVersion).ToArray());
        Assert.AreEqual(log[^1].Version, await store.Events.GetLatestVersionAsync());
    }

    [TestMethod]
    [DataRow("repeatable read")]
    [DataRow("serializable")]
    public async Task Conflicts_are_typed_whatever_the_databases_default_isolation(string isolation)
    {
        await using var database = await DatabaseWithAsync(isolation);
        await using var store = new TestStore(database.ConnectionString);
        var stream = Sample.Stream();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Task.Run(async () =>
        {
            try
            {
                await store.Events.AppendAsync([Sample.Event(stream)], ExpectedVersion.NoStream);
                return true;
            }
            catch (WrongExpectedVersionException)
            {
                return false;
            }
        })));

        Assert.AreEqual(1, outcomes.Count(stored => stored));
        Assert.HasCount(1, await store.StreamAsync(stream));
    }

    [TestMethod]
    public async Task The_store_writes_though_the_database_defaults_to_read_only()
    {
        await using var database = await DatabaseWithAsync("read committed");
        await using (var connection = await RawSql.ConnectAsync(database.ConnectionString))
        {
            await connection.RunAsync($"ALTER DATABASE {database.Name} SET default_transaction_read_only = on");
        }

        await using var store = new TestStore(database.ConnectionString);

        // Read-only is meant: an administrator who froze the database is obeyed, with a typed error.
        await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(() => store.Events.StoreAsync(Sample.Event("stream")));
    }

    private static async Task<PostgresDatabase> DatabaseWithAsync(string isolation)
    {
        var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        await using var connection = await RawSql.ConnectAsync(database.ConnectionString);
        await connection.RunAsync($"ALTER DATABASE {database.Name} SET default_transaction_isolation = '{isolation}'");
        return database;
    }
}
