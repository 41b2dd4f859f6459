using Npgsql;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Testing.Faults;

/// <summary>The wire carries what it is given until it is told to cut, to be silent, to hold or to refuse.</summary>
[TestClass]
public sealed class TcpProxyTests : IAsyncDisposable
{
    private PostgresDatabase _database = null!;
    private TcpProxy _proxy = null!;

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Cancelled => TestContext.CancellationToken;

    [TestInitialize]
    public async Task Open()
    {
        _database = await (await TestServer.GetAsync()).CreateDatabaseAsync(Cancelled);
        _proxy = new TcpProxy(_database.ConnectionString + ";SSL Mode=Disable");
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _database.DisposeAsync();
    }

    [TestMethod]
    public async Task Carries_a_megabyte_each_way_and_forgets_connections_that_end()
    {
        await using (var connection = await ConnectAsync())
        {
            var text = new string('x', 1_000_000);
            Assert.AreEqual(text, await connection.ScalarAsync<string>("SELECT $1::text", text));
            Assert.AreEqual(1, _proxy.Connections);
        }

        while (_proxy.Connections > 0)
        {
            await Task.Delay(5, Cancelled);
        }

        Assert.AreEqual((1L, 0L, 0L, 0L), (_proxy.Accepted, _proxy.CutConnections, _proxy.SilencedConnections, _proxy.Refused));
    }

    [TestMethod]
    public async Task Cut_breaks_what_is_there_and_lets_new_ones_through()
    {
        await using var first = await ConnectAsync();
        await using var second = await ConnectAsync();

        Assert.AreEqual(2, _proxy.Cut());

        await Assert.ThrowsAsync<NpgsqlException>(() => first.RunAsync("SELECT 1"));
        await Sql.LostAsync(second, Cancelled);
        await using var third = await ConnectAsync();
        Assert.AreEqual(1, await third.ScalarAsync<int>("SELECT 1"));
        Assert.AreEqual((2L, 1), (_proxy.CutConnections, _proxy.Connections));
    }

    [TestMethod]
    public async Task A_silent_connection_stays_open_and_nothing_arrives_either_way()
    {
        await using var watcher = await RawSql.ConnectAsync(_database.ConnectionString);
        await using var silent = await ConnectAsync();
        await silent.RunAsync("CREATE TABLE told (n int)");
        var pid = silent.ProcessID;

        Assert.AreEqual(1, _proxy.Silence());
        var asking = silent.RunAsync("INSERT INTO told VALUES (1)");
        await using var speaking = await ConnectAsync();
        await speaking.RunAsync("INSERT INTO told VALUES (2)"); // new ones work, and this one was sent later

        Assert.IsFalse(asking.IsCompleted);
        Assert.AreSequenceEqual([2], await watcher.ColumnAsync<int>("SELECT n FROM told"));
        Assert.AreEqual(1, await watcher.ScalarAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE pid = $1", pid));

        Assert.AreEqual(1, _proxy.Resume()); // its two ends disagree: it cannot go on
        await Assert.ThrowsAsync<NpgsqlException>(() => asking);
    }

    [TestMethod]
    public async Task Keep_alive_finds_a_silent_connection_within_twice_its_time()
    {
        await using var silent = await ConnectAsync(";Keepalive=1");
        await silent.RunAsync("LISTEN nothing");
        _proxy.Silence();
        await Sql.LostAsync(silent, Cancelled).WaitAsync(TimeSpan.FromSeconds(30), Cancelled);
    }

    [TestMethod]
    public async Task A_connection_that_was_idle_through_the_silence_goes_on()
    {
        await using var idle = await ConnectAsync();

        Assert.AreEqual(1, _proxy.Silence());
        Assert.AreEqual(0, _proxy.Silence()); // it is silent already
        Assert.AreEqual(0, _proxy.Resume());

        Assert.AreEqual(1, await idle.ScalarAsync<int>("SELECT 1"));
        Assert.AreEqual(1, _proxy.SilencedConnections);
    }

    [TestMethod]
    public async Task New_ones_are_silent_too_if_asked()
    {
        _proxy.Silence(newOnesToo: true);
        await Assert.ThrowsAsync<NpgsqlException>(() => ConnectAsync(";Timeout=1"));

        _proxy.Resume();
        await using var connection = await ConnectAsync();
        Assert.AreEqual(1, await connection.ScalarAsync<int>("SELECT 1"));
    }

    [TestMethod]
    public async Task Refused_ones_fail_at_once_while_those_there_go_on()
    {
        await using var there = await ConnectAsync();
        _proxy.RefuseNew();

        await Assert.ThrowsAsync<NpgsqlException>(() => ConnectAsync());
        Assert.AreEqual(1, await there.ScalarAsync<int>("SELECT 1"));
        Assert.IsGreaterThan(0, _proxy.Refused);

        _proxy.AcceptNew();
        await using var again = await ConnectAsync();
    }

    [TestMethod]
    public async Task Answers_are_held_while_what_was_asked_happens()
    {
        await using var watcher = await RawSql.ConnectAsync(_database.ConnectionString);
        await using var connection = await ConnectAsync();

        var held = _proxy.HoldAnswers();
        var asking = connection.RunAsync("CREATE TABLE made ()");
        await held;

        Assert.IsFalse(asking.IsCompleted);
        Assert.IsTrue(await watcher.ScalarAsync<bool>("SELECT to_regclass('made') IS NOT NULL"));
        _proxy.ReleaseAnswers();
        await asking;
    }

    [TestMethod]
    public async Task Cut_in_place_of_the_answer_to_a_commit_leaves_it_committed()
    {
        await using var watcher = await RawSql.ConnectAsync(_database.ConnectionString);
        await watcher.RunAsync("CREATE TABLE told (n int)");
        await using var connection = await ConnectAsync();
        await using var bystander = await ConnectAsync();
        var cut = _proxy.CutAtAnswerAsync("COMMIT");

        var transaction = await connection.BeginTransactionAsync(Cancelled);
        await connection.RunAsync("INSERT INTO told VALUES (1)");
        Assert.IsFalse(cut.IsCompleted); // at COMMIT, not at INSERT
        await Assert.ThrowsAsync<NpgsqlException>(() => transaction.CommitAsync(Cancelled));

        await cut;
        Assert.AreSequenceEqual([1], await watcher.ColumnAsync<int>("SELECT n FROM told"));
        Assert.AreEqual(1, _proxy.CutConnections);

        // Once: the next commit is heard of.
        await using var second = await bystander.BeginTransactionAsync(Cancelled);
        await bystander.RunAsync("INSERT INTO told VALUES (2)");
        await second.CommitAsync(Cancelled);
    }

    [TestMethod]
    public void A_folder_of_sockets_or_several_hosts_are_refused()
    {
        Assert.ThrowsExactly<ArgumentException>(() => new TcpProxy("Host=/var/run/postgresql"));
        Assert.ThrowsExactly<ArgumentException>(() => new TcpProxy("Host=a,b"));
        Assert.ThrowsExactly<ArgumentException>(() => new TcpProxy("Database=x"));
    }

    private async Task<NpgsqlConnection> ConnectAsync(string more = "") => await RawSql.ConnectAsync(_proxy.ConnectionString + more);
}
