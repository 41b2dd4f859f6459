using Npgsql;
using SyncKit.EfStore.Storage;
using SyncKit.EfStore.Testing;
using SyncKit.EfStore.Tests.Cli;
using SyncKit.EfStore.Tests.Notifications;

namespace SyncKit.EfStore.Tests.Ordering;

/// <summary>A connection string with several hosts: the store goes where the primary is, and says what is wrong where there is none.</summary>
[TestClass]
public sealed class FailoverTests
{
    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Cancelled => TestContext.CancellationToken;

    [TestMethod]
    public async Task Store_listener_and_observers_go_over_to_the_promoted_standby_without_losing_an_event()
    {
        await using var primary = await TestServer.StartOwnAsync(Cancelled);
        await using var database = await primary.CreateDatabaseAsync(Cancelled);
        await using var standby = await StandbyCluster.CopyAsync(primary.ConnectionString, Cancelled);
        await standby.StartAsync(Cancelled);
        var (first, second) = (standby.Address(database.ConnectionString), database.ConnectionString);
        var both = Both(first, second);
        await EventStoreSchema.MigrateAsync(both, Cancelled);
        await using var host = await ListeningHost.StartAsync(both);
        var states = host.ObserveStates();
        var all = host.ObserveAll();
        var ids = new List<string> { await host.MarkAsync(all) };
        await ReplicatedAsync(second, first);

        await primary.StopAsync(ServerShutdown.Immediate, Cancelled);
        var given = Sample.Event("over");
        var error = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(() => host.Store.StoreAsync(given, Cancelled));
        Assert.AreEqual(UnavailableReason.ServerUnreachable, error.Reason, error.Message);
        await states.WaitForAsync("reconnecting", state => state.Status == ListenerStatus.Reconnecting);

        await standby.PromoteAsync(Cancelled);
        await StoreOnceThereAsync(host.Store, given);
        ids.Add(given.Id);
        await states.WaitUntilAsync("live again", items => items[^1].Status == ListenerStatus.Live && items.Any(one => one.Status == ListenerStatus.Reconnecting));
        ids.Add(await host.MarkAsync(all));
        all.AssertExactly(ids);
    }

    [TestMethod]
    public async Task Commands_with_a_connection_of_their_own_go_to_the_primary_too()
    {
        await using var primary = await TestServer.StartOwnAsync(Cancelled);
        await using var database = await primary.CreateDatabaseAsync(Cancelled);
        await using var standby = await StandbyCluster.CopyAsync(primary.ConnectionString, Cancelled);
        await standby.StartAsync(Cancelled);
        var both = Both(standby.Address(database.ConnectionString), database.ConnectionString);

        foreach (var (command, output) in ((string, string)[])
        [
            ("doctor", "The server is a primary and takes writes."),
            ("stats --json", "\"events\":"),
            ("roles --writer over_there --create --apply --json", "\"applied\":true"),
            ("migrate --json", "\"applied\":[]"),
        ])
        {
            var run = await SynckitProcess.RunAsync(both, command.Split(' '));
            Assert.Contains(output, run.Output, $"{command}: {run.Error}");
        }
    }

    [TestMethod]
    public async Task Where_no_host_answers_each_is_named_and_it_counts_as_a_store_that_is_away()
    {
        await using var taken = await TestServer.StartOwnAsync(Cancelled);
        await using var database = await taken.CreateDatabaseAsync(Cancelled);
        await taken.StopAsync(cancellationToken: Cancelled);
        var port = new NpgsqlConnectionStringBuilder(database.ConnectionString).Port;
        var hosts = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Host = $"127.0.0.1:{port},127.0.0.1:1" }.ConnectionString;
        await using var source = NpgsqlDataSource.Create(hosts);
        var target = PostgresErrors.Target(hosts);

        var refused = await Assert.ThrowsExactlyAsync<NpgsqlException>(async () => await source.OpenConnectionAsync(Cancelled));
        var remembered = await Assert.ThrowsExactlyAsync<NpgsqlException>(async () => await source.OpenConnectionAsync(Cancelled));

        Assert.IsTrue(PostgresErrors.IsTransient(refused));
        Assert.IsTrue(PostgresErrors.IsTransient(remembered));
        AssertUnreachable(
            $"No PostgreSQL server answers for {target}: Failed to connect to 127.0.0.1:{port}: Connection refused. Failed to connect to 127.0.0.1:1: "
                + "Connection refused. Start one, or correct Host and Port in the connection string.",
            PostgresErrors.Translate(refused, target));
        AssertUnreachable(
            $"No primary is known among the servers for {target}. Npgsql asks one that was away, or a standby, again after Host Recheck Seconds, 10 unless "
                + "the connection string says otherwise: try again then, or set fewer there.",
            PostgresErrors.Translate(remembered, target));
    }

    [TestMethod]
    public async Task A_host_that_answers_and_refuses_is_told_of_rather_than_one_that_is_away()
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync(Cancelled);
        var there = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        var hosts = new NpgsqlConnectionStringBuilder(database.ConnectionString)
        {
            Host = $"127.0.0.1:1,{there.Host}:{there.Port}",
            Database = "no_such_database",
        };
        await using var store = TestStore.AsOwner(hosts.ConnectionString);

        var error = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(() => store.Events.GetLatestVersionAsync(Cancelled));

        Assert.AreEqual(UnavailableReason.DatabaseMissing, error.Reason, error.Message);
    }

    [TestMethod]
    public void Silent_hosts_and_silence_of_one_of_them_are_silence()
    {
        var silent = new NpgsqlException("The operation has timed out", new TimeoutException());
        var wrong = new NpgsqlException("wrong");

        Assert.IsTrue(PostgresErrors.IsSilence(Failed(silent, silent)));
        Assert.IsTrue(PostgresErrors.IsSilence(Failed(wrong, silent)));
        Assert.IsFalse(PostgresErrors.IsSilence(Failed(wrong)));
        Assert.IsFalse(PostgresErrors.IsTransient(Failed(wrong)));

        static NpgsqlException Failed(params Exception[] errors) => new("Unable to connect to a suitable host.", new AggregateException(errors));
    }

    private static string Both(string first, string second)
    {
        var (one, other) = (new NpgsqlConnectionStringBuilder(first), new NpgsqlConnectionStringBuilder(second));
        one.Host = $"{one.Host}:{one.Port},{other.Host}:{other.Port}";
        one.HostRecheckSeconds = 1;
        return one.ConnectionString;
    }

    private static void AssertUnreachable(string message, EventStoreException error)
    {
        Assert.AreEqual(message, error.Message);
        Assert.AreEqual(UnavailableReason.ServerUnreachable, ((EventStoreUnavailableException)error).Reason);
    }

    /// <summary>The standby has all that the primary has committed.</summary>
    private async Task ReplicatedAsync(string primary, string standby)
    {
        await using var from = await RawSql.ConnectAsync(primary);
        await using var to = await RawSql.ConnectAsync(standby);
        var written = await from.ScalarAsync<string>("SELECT pg_current_wal_flush_lsn()::text");
        while (!await to.ScalarAsync<bool>("SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn", written))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), Cancelled);
        }
    }

    /// <summary>The same event each time, which is stored once.</summary>
    private async Task StoreOnceThereAsync(IRealtimeEventStore store, EventData given)
    {
        while (true)
        {
            try
            {
                await store.StoreAsync(given, Cancelled);
                return;
            }
            catch (EventStoreUnavailableException error) when (error.Reason is UnavailableReason.ServerUnreachable or UnavailableReason.ConnectionLost)
            {
                // Not found yet; the store has waited.
            }
        }
    }
}
