using System.Globalization;
using SyncKit.EfStore.Sqlite;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Sqlite.Mirroring;

/// <summary>The follower goes away and comes back under load; then it leads. A server of its own, because the test stops it.</summary>
[TestClass]
public sealed class MirrorOutageTests
{
    private const int Writers = 16;

    // Ten by hand: SYNCKIT_TESTS_MIRROR_STOPS=10.
    private static readonly int Stops = int.Parse(Environment.GetEnvironmentVariable("SYNCKIT_TESTS_MIRROR_STOPS") ?? "3", CultureInfo.InvariantCulture);

    private static PostgresServer _server = null!;

    [ClassInitialize]
    public static async Task StartServerAsync(TestContext context) => _server = await TestServer.StartOwnAsync(context.CancellationToken);

    [ClassCleanup]
    public static async Task RemoveServerAsync() => await _server.DisposeAsync();

    [TestMethod]
    public async Task Through_outages_of_the_follower_and_a_switch_of_the_lead_no_append_fails_and_nothing_differs()
    {
        await using var database = await _server.CreateDatabaseAsync();
        await using var mirror = Mirror.Start(database.ConnectionString);
        using var writers = new MirrorWriters(mirror.Store, Writers);
        for (var stop = 0; stop < Stops; stop++)
        {
            await writers.MoreAsync(100);
            var said = mirror.Said();
            await _server.StopAsync(stop % 2 == 0 ? ServerShutdown.Immediate : ServerShutdown.Fast);
            await mirror.UntilAsync(status => status.State == MirrorState.FollowerUnreachable, said);
            await writers.MoreAsync(300);
            await _server.StartAgainAsync();
            await mirror.UntilAsync(status => status.State == MirrorState.Following, said + 1);
        }

        await mirror.Store.SwitchLeadAsync();

        Assert.AreEqual("postgres", mirror.Store.Status.Leader);
        await writers.MoreAsync(300);
        await writers.StopAsync();
        Assert.AreEqual("", string.Join('\n', writers.Failures));
        await mirror.AssertEqualAsync(writers.Acknowledged.Count);
        var stored = await mirror.Store.LoadAsync(EventVersion.Zero).Select(one => one.Id).ToHashSetAsync();
        Assert.IsTrue(stored.SetEquals(writers.Acknowledged));

        // And back, the file having followed.
        await mirror.Store.SwitchLeadAsync();
        await mirror.Store.StoreAsync(Sample.Event("back"));
        await mirror.AssertEqualAsync(writers.Acknowledged.Count + 1);
        Assert.AreEqual("one", mirror.Store.Status.Leader);
    }

    [TestMethod]
    public async Task A_follower_that_is_away_from_the_start_is_brought_up_to_date_when_it_comes()
    {
        await using var database = await _server.CreateDatabaseAsync();
        await _server.StopAsync();
        await using var mirror = Mirror.Start(database.ConnectionString);

        var last = await mirror.Store.StoreAsync(Sample.Events("a", 50));
        var away = await mirror.UntilAsync(status => status.State == MirrorState.FollowerUnreachable);
        var switching = await Assert.ThrowsExactlyAsync<MirrorException>(() => mirror.Store.SwitchLeadAsync());
        StringAssert.StartsWith(switching.Message, "The lead stays with 'one'");
        var following = mirror.Store.WaitUntilFollowedAsync(last.Version);
        Assert.IsFalse(following.IsCompleted);
        await _server.StartAgainAsync();

        await following;
        await mirror.AssertEqualAsync(50);
        Assert.IsNotNull(away.Problem);
        var now = mirror.Store.Status;
        Assert.AreEqual((MirrorState.Following, 0L, null), (now.State, now.Behind, now.Problem));
    }
}
