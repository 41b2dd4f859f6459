using System.Text.Json;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Cli;

[TestClass]
public sealed class FollowCommandTests : CliDatabase
{
    [TestMethod]
    public async Task Tail_prints_what_is_appended_once_it_says_it_follows()
    {
        await ImportAsync(Lines(3));
        using var tail = SynckitProcess.Start(ConnectionString, "tail");
        await tail.UntilSaidAsync("following all events");

        await ImportAsync(Lines(2_000, from: 4));
        for (var n = 4; n < 2_004; n++)
        {
            Assert.AreEqual($"e{n}", Id(await tail.ReadLineAsync()));
        }

        tail.Interrupt();
        var end = await tail.EndAsync();
        Assert.AreEqual((0, ""), (end.ExitCode, end.Output));
    }

    [TestMethod]
    public async Task Tail_since_a_version_begins_with_what_is_stored()
    {
        await ImportAsync(Lines(6));
        using var tail = SynckitProcess.Start(ConnectionString, "tail", "--since", "1", "--type", "T0", "--stream", "s1");

        Assert.AreEqual("e4", Id(await tail.ReadLineAsync()));
        await ImportAsync(Lines(6, from: 7));
        Assert.AreEqual("e10", Id(await tail.ReadLineAsync()));

        tail.Terminate();
        Assert.AreEqual(0, (await tail.EndAsync()).ExitCode);
    }

    [TestMethod]
    public async Task Tail_prints_in_version_order_so_that_the_last_version_can_be_given_to_since()
    {
        using var tail = SynckitProcess.Start(ConnectionString, "tail");
        await tail.UntilSaidAsync("following all events");
        await using var held = await HeldTransaction.BeginAsync(ConnectionString);
        await ImportAsync(Lines(3));

        // The import is committed and above what is open: without care it would come first.
        await tail.UntilSaidAsync("held back by");
        await held.CommitAsync();
        Assert.AreEqual(held.EventId, Id(await tail.ReadLineAsync()));
        Assert.AreEqual("e1", Id(await tail.ReadLineAsync()));
    }

    [TestMethod]
    [DataRow("tail --since 0")]
    [DataRow("listen")]
    public async Task A_closed_pipe_ends_it_though_nothing_happens(string arguments)
    {
        using var follower = SynckitProcess.Start(ConnectionString, arguments.Split(' '));
        await follower.UntilSaidAsync("all events");
        follower.CloseOutput();

        Assert.AreEqual(0, (await follower.EndAsync()).ExitCode);
    }

    [TestMethod]
    public async Task Listen_prints_notifications_without_data()
    {
        using var listen = SynckitProcess.Start(ConnectionString, "listen", "--type", "T1");
        await listen.UntilSaidAsync("listening to all events");
        await ImportAsync(Lines(3));

        var first = await listen.ReadLineAsync();
        Assert.StartsWith("""{"version":1,"stream_version":1,"id":"e1","aggregate_id":"s1","event_type":"T1","created_at":""" + "\"", first);
        Assert.EndsWith(""","stream_name":"stream_s1"}""", first);
        Assert.AreEqual("e3", Id(await listen.ReadLineAsync()));

        listen.Interrupt();
        Assert.AreEqual(0, (await listen.EndAsync()).ExitCode);
    }

    [TestMethod]
    public async Task A_lost_connection_is_told_and_nothing_is_missed()
    {
        using var tail = SynckitProcess.Start(ConnectionString, "tail");
        await tail.UntilSaidAsync("following all events");
        await using (var database = Npgsql.NpgsqlDataSource.Create(ConnectionString))
        {
            await using var kill = database.CreateCommand(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
            await kill.ExecuteNonQueryAsync();
        }

        await tail.UntilSaidAsync("reconnecting:");
        await ImportAsync(Lines(3));
        await tail.UntilSaidAsync("live again");

        Assert.AreEqual("e1", Id(await tail.ReadLineAsync()));
        Assert.AreEqual("e2", Id(await tail.ReadLineAsync()));
        Assert.AreEqual("e3", Id(await tail.ReadLineAsync()));
    }

    private static string Id(string line)
    {
        using var json = JsonDocument.Parse(line);
        return json.RootElement.GetProperty("id").GetString()!;
    }
}
