using Microsoft.Extensions.Time.Testing;
using SyncKit.EfStore.Testing;
using SyncKit.EfStore.Tests.Notifications;

namespace SyncKit.EfStore.Tests.Appending;

/// <summary>Telling after commits: one send at a time, whatever comes meanwhile in the next, and nothing left when the store ends.</summary>
[TestClass]
public sealed class CommitNotifierTests
{
    private PostgresDatabase _database = null!;

    [TestInitialize]
    public async Task CreateDatabase() => _database = await (await TestServer.GetAsync()).CreateDatabaseAsync();

    [TestCleanup]
    public async Task DropDatabase() => await _database.DisposeAsync();

    [TestMethod]
    public async Task Commits_made_while_one_send_is_under_way_go_together_in_the_next()
    {
        await using var listener = await RawListener.StartAsync(_database.ConnectionString, "events_global", "stream_a", "stream_b");
        await using var gate = await NotifyGate.CloseAsync(_database.ConnectionString);
        AppendResult first;
        List<AppendedEvent> rest = [];
        await using (var store = Open())
        {
            first = await store.Events.StoreAsync(Sample.Event("a"));
            await gate.SomeoneWaitsAsync();
            for (var number = 0; number < 20; number++)
            {
                rest.AddRange((await store.Events.StoreAsync(Sample.Event(number % 2 == 0 ? "a" : "b"))).Events);
            }

            Assert.AreEqual(1, await gate.WaitingAsync());
            await gate.OpenAsync();
        }

        var version = first.Version.Value;
        CollectionAssert.AreEquivalent(
            (Told[])
            [
                new("events_global", version, version, 1), new("stream_a", version, version, 1),
                RangeOf("events_global", rest), RangeOf("stream_a", rest.Where(e => e.AggregateId == "a")),
                RangeOf("stream_b", rest.Where(e => e.AggregateId == "b")),
            ],
            (await listener.DrainAsync()).Select(Told.Parse).ToArray());

        static Told RangeOf(string channel, IEnumerable<AppendedEvent> events) => new(
            channel, events.Min(e => e.Version.Value), events.Max(e => e.Version.Value), events.Count());
    }

    [TestMethod]
    public async Task A_store_that_ends_waits_for_what_is_still_to_be_told()
    {
        await using var listener = await RawListener.StartAsync(_database.ConnectionString, "events_global");
        await using var gate = await NotifyGate.CloseAsync(_database.ConnectionString);
        var store = Open();
        await store.Events.StoreAsync(Sample.Event("a"));
        await gate.SomeoneWaitsAsync();
        await store.Events.StoreAsync(Sample.Event("a"));

        var ending = store.DisposeAsync().AsTask();
        Assert.IsFalse(ending.IsCompleted);
        await gate.OpenAsync();
        await ending;

        Assert.AreEqual(2, (await listener.DrainAsync()).Sum(n => Told.Parse(n).Count));
    }

    [TestMethod]
    public async Task A_store_that_ends_waits_two_seconds_at_most()
    {
        var time = new FakeTimeProvider();
        await using var listener = await RawListener.StartAsync(_database.ConnectionString, "events_global");
        await using var gate = await NotifyGate.CloseAsync(_database.ConnectionString);
        var store = Open(time);
        await store.Events.StoreAsync(Sample.Event("a"));
        await gate.SomeoneWaitsAsync();

        var ending = store.DisposeAsync().AsTask();
        time.Advance(TimeSpan.FromSeconds(1.9));
        Assert.IsFalse(ending.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.2));
        await ending;

        Assert.IsEmpty(await listener.DrainAsync());
        Assert.AreEqual(0, await gate.WaitingAsync());
    }

    [TestMethod]
    public async Task What_could_not_be_told_goes_with_the_next_commit_and_is_logged_once()
    {
        await using var host = await ListeningHost.StartAsync(options => options.NotifyMode = NotifyMode.AfterCommit);
        await using var connection = await host.ConnectAsync();
        await using var listener = await RawListener.StartAsync(host.ConnectionString, "events_global");
        await connection.RunAsync("ALTER FUNCTION event_stream_channel(text) RENAME TO gone");
        var first = await host.Store.StoreAsync(Sample.Event("a"));
        await host.Log.WaitForAsync("the warning", line => line.StartsWith("Warning 500", StringComparison.Ordinal));
        await host.Store.StoreAsync(Sample.Event("a"));
        await connection.RunAsync("ALTER FUNCTION gone(text) RENAME TO event_stream_channel");

        var last = await host.Store.StoreAsync(Sample.Event("b"));
        await host.Log.WaitForAsync("the all-clear", line => line.StartsWith("Information 501", StringComparison.Ordinal));
        List<Told> told = [];
        while (told.Count == 0 || told[^1].Last < last.Version.Value)
        {
            told.AddRange((await listener.DrainAsync()).Select(Told.Parse));
        }

        Assert.AreEqual(first.Version.Value, told[0].First);
        Assert.AreEqual(3, told.Sum(range => range.Count));
        Assert.AreEqual(1, host.Log.Items.Count(line => line.StartsWith("Warning 500", StringComparison.Ordinal)));
    }

    private TestStore Open(TimeProvider? time = null) =>
        new(_database.ConnectionString, options => options.NotifyMode = NotifyMode.AfterCommit, time);
}
