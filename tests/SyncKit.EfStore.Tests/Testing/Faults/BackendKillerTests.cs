using Npgsql;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Testing.Faults;

/// <summary>Sessions end by name, by process, by chance or all; never those of other databases.</summary>
[TestClass]
public sealed class BackendKillerTests : IAsyncDisposable
{
    private PostgresDatabase _database = null!;
    private BackendKiller _killer = null!;

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Cancelled => TestContext.CancellationToken;

    [TestInitialize]
    public async Task Create()
    {
        _database = await (await TestServer.GetAsync()).CreateDatabaseAsync(Cancelled);
        _killer = new BackendKiller(_database.ConnectionString);
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [TestMethod]
    public async Task Kills_by_name_and_spares_the_rest()
    {
        await using var first = await OpenAsync("victim");
        await using var second = await OpenAsync("victim");
        await using var spared = await OpenAsync("spared");

        Assert.AreEqual(2, await _killer.KillAsync("victim", Cancelled));

        await Sql.LostAsync(first, Cancelled);
        await Sql.LostAsync(second, Cancelled);
        Assert.AreEqual(1, await spared.ScalarAsync<int>("SELECT 1"));
        Assert.AreEqual(0, await _killer.KillAsync("victim", Cancelled));
        Assert.AreEqual(2, _killer.Killed);
    }

    [TestMethod]
    public async Task Kills_one_process_of_this_database_only()
    {
        await using var other = await (await TestServer.GetAsync()).CreateDatabaseAsync(Cancelled);
        await using var elsewhere = await RawSql.ConnectAsync(other.ConnectionString);
        await using var victim = await OpenAsync("a");

        Assert.IsFalse(await _killer.KillAsync(elsewhere.ProcessID, Cancelled));
        Assert.IsTrue(await _killer.KillAsync(victim.ProcessID, Cancelled));

        await Sql.LostAsync(victim, Cancelled);
        Assert.AreEqual(1, await elsewhere.ScalarAsync<int>("SELECT 1"));
    }

    [TestMethod]
    public async Task Kills_all_others()
    {
        await using var first = await OpenAsync("a");
        await using var second = await OpenAsync("b");

        Assert.AreEqual(2, await _killer.KillAllAsync(Cancelled));

        await Sql.LostAsync(first, Cancelled);
        await Sql.LostAsync(second, Cancelled);
    }

    [TestMethod]
    public async Task Chance_hits_the_same_session_with_the_same_seed()
    {
        async Task<int> VictimAsync(int seed)
        {
            var sessions = new List<NpgsqlConnection>();
            for (var n = 0; n < 5; n++)
            {
                sessions.Add(await OpenAsync("many"));
            }

            var before = sessions.ConvertAll(session => session.ProcessID);
            Assert.IsTrue(await _killer.KillOneAsync(new Random(seed), "many", Cancelled));
            await using var watcher = await OpenAsync("watcher");
            var left = await watcher.ColumnAsync<int>("SELECT pid FROM pg_stat_activity WHERE application_name = 'many' AND datname = current_database()");
            await _killer.KillAsync("many", Cancelled);
            return before.IndexOf(Assert.ContainsSingle(before.Except(left)));
        }

        Assert.AreEqual(await VictimAsync(1), await VictimAsync(1));
        var victims = new HashSet<int>();
        for (var seed = 0; seed < 6; seed++)
        {
            victims.Add(await VictimAsync(seed));
        }

        Assert.IsGreaterThan(1, victims.Count); // else it is no chance
    }

    [TestMethod]
    public async Task Goes_on_in_the_background_until_cancelled()
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var killing = _killer.RunAsync(100, seed: 1, "victim", enough.Token);
        for (var n = 0; n < 5; n++)
        {
            try
            {
                await using var victim = await OpenAsync("victim");
                await Sql.LostAsync(victim, Cancelled);
            }
            catch (NpgsqlException)
            {
                // Hit while it logged in.
            }
        }

        while (_killer.Killed < 5)
        {
            await Task.Delay(5, Cancelled); // the victim knows before the killer does
        }

        await enough.CancelAsync();
        await killing;

        await using var spared = await OpenAsync("victim");
        Assert.AreEqual(1, await spared.ScalarAsync<int>("SELECT 1"));
    }

    private async Task<NpgsqlConnection> OpenAsync(string name) => await RawSql.ConnectAsync(
        new NpgsqlConnectionStringBuilder(_database.ConnectionString) { ApplicationName = name }.ConnectionString);
}
