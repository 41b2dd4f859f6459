using SyncKit.EfStore.Testing;
using SyncKit.EfStore.Tests.Notifications;

namespace SyncKit.EfStore.Tests.Testing.Faults;

/// <summary>What was told is told again, letter by letter, and what was never true is told as well.</summary>
[TestClass]
public sealed class DuplicateDeliveryTests
{
    [TestMethod]
    public async Task Sends_again_exactly_what_was_sent_on_both_channels()
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        await using var store = new TestStore(database.ConnectionString);
        await using var listener = await RawListener.StartAsync(database.ConnectionString, "events_global", "stream_a");
        await store.Events.StoreAsync([.. Sample.Events("a", 3), EventData.FromJson("b", "Said \"ü\"\n", "{}")]);
        await store.Events.StoreAsync(EventData.FromJson("a", new string('"', 1_024), "{}")); // escaped twice over it would still fit
        var first = await listener.DrainAsync();
        Assert.HasCount(9, first);

        var resent = await new DuplicateDelivery(database.ConnectionString).ResendAsync(new EventVersion(1), new EventVersion(5));

        Assert.AreEqual(5, resent);
        Assert.AreEquivalent(first, await listener.DrainAsync());
    }

    [TestMethod]
    public async Task Observers_show_each_event_once_whatever_is_repeated_and_forged()
    {
        await using var host = await ListeningHost.StartAsync();
        var all = host.ObserveAll();
        var one = host.ObserveStream("a");
        var ids = new List<string> { await host.AppendAsync("a"), await host.AppendAsync("a") };
        await all.WaitForIdAsync(ids[1]);
        var duplicates = new DuplicateDelivery(host.ConnectionString);

        await duplicates.ResendAsync(EventVersion.Zero, new EventVersion(1_000));
        Assert.AreEqual(DuplicateDelivery.MalformedPayloads.Count, await duplicates.ForgeAsync("a"));

        ids.Add(await host.MarkAsync(all, "a"));
        await one.WaitForIdAsync(ids[2]);
        all.AssertExactly(ids);
        one.AssertExactly(ids);
    }

    [TestMethod]
    public async Task Forged_ones_arrive_on_both_channels()
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        var stream = new string('s', 200); // its channel is hashed
        await using var listener = await RawListener.StartAsync(
            database.ConnectionString, "events_global", EfStore.Notifications.ChannelNames.ForStream(stream));

        await new DuplicateDelivery(database.ConnectionString).ForgeAsync(stream, ["nonsense"]);

        var heard = await listener.DrainAsync();
        Assert.HasCount(2, heard);
        Assert.IsTrue(heard.All(notification => notification.Payload == "nonsense"));
    }

    [TestMethod]
    public async Task Twice_calls_a_handler_twice_and_not_again_after_it_threw()
    {
        var calls = 0;
        var stored = new StoredEvent(new EventVersion(1), 1, "id", "a", "t", null, null, null);
        await DuplicateDelivery.Twice((_, _) => Task.FromResult(calls++))(stored, CancellationToken.None);
        Assert.AreEqual(2, calls);

        var throwing = DuplicateDelivery.Twice((_, _) =>
        {
            calls++;
            throw new FormatException();
        });
        await Assert.ThrowsExactlyAsync<FormatException>(() => throwing(stored, CancellationToken.None));
        Assert.AreEqual(3, calls);
    }
}
