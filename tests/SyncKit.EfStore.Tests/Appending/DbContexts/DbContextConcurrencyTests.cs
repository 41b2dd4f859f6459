using Microsoft.EntityFrameworkCore;

namespace SyncKit.EfStore.Tests.Appending.DbContexts;

/// <summary>Contexts, the store and psql write to the same streams at once: no gap, no double, one order.</summary>
[TestClass]
public sealed class DbContextConcurrencyTests
{
    private static Shop _shop = null!;

    [ClassInitialize]
    public static async Task Open(TestContext _) => _shop = await Shop.OpenAsync();

    [ClassCleanup]
    public static async Task Close() => await _shop.DisposeAsync();

    [TestMethod]
    public async Task Any_from_every_road_to_one_stream_leaves_no_gap()
    {
        const int each = 40;
        var stream = Sample.Stream();

        await Task.WhenAll(Enumerable.Range(0, 9).Select(writer => Task.Run(async () =>
        {
            await using var raw = await RawSql.ConnectAsync(_shop.ConnectionString);
            await using var db = _shop.CreateContext();
            for (var i = 0; i < each; i++)
            {
                switch (writer % 3)
                {
                    case 0:
                        await _shop.Store.Events.StoreAsync(Sample.Events(stream, 2));
                        break;
                    case 1:
                        db.AppendEvents(Sample.Events(stream, 2));
                        await db.SaveChangesAsync();
                        db.ChangeTracker.Clear();
                        break;
                    default:
                        await raw.RunAsync(
                            "INSERT INTO events (id, aggregate_id, event_type) VALUES ($1, $3, 'Raw'), ($2, $3, 'Raw')",
                            $"{Guid.NewGuid()}", $"{Guid.NewGuid()}", stream);
                        break;
                }
            }
        })));

        CollectionAssert.AreEqual(Enumerable.Range(1, 9 * 2 * each).Select(n => (long)n).ToArray(), await _shop.StreamVersionsAsync(stream));
    }

    [TestMethod]
    public async Task Claims_from_contexts_and_the_store_have_one_winner_for_each_place()
    {
        const int writers = 8;
        const int each = 20;
        var stream = Sample.Stream();
        var conflicts = 0;
        var meeting = new Meeting(writers);

        await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            for (var stored = 0; stored < each;)
            {
                await using var db = _shop.CreateContext();
                var head = await db.Events.Where(row => row.AggregateId == stream).MaxAsync(row => (long?)row.StreamVersion) ?? 0;
                await meeting.ArriveAsync();
                try
                {
                    if (writer % 2 == 0)
                    {
                        await _shop.Store.Events.AppendAsync([Sample.Event(stream)], ExpectedVersion.Exactly(head));
                    }
                    else
                    {
                        db.AppendEvents([Sample.Event(stream)], ExpectedVersion.Exactly(head));
                        await db.SaveChangesAsync();
                    }

                    stored++;
                }
                catch (WrongExpectedVersionException conflict)
                {
                    Assert.IsGreaterThan(head, conflict.Actual);
                    Interlocked.Increment(ref conflicts);
                }
            }
        })));

        CollectionAssert.AreEqual(Enumerable.Range(1, writers * each).Select(n => (long)n).ToArray(), await _shop.StreamVersionsAsync(stream));
        Assert.IsGreaterThan(0, conflicts, "the writers never met");
    }

    [TestMethod]
    public async Task Saves_to_the_same_streams_in_any_order_never_deadlock()
    {
        const int writers = 8;
        const int each = 25;
        var streams = Enumerable.Range(0, 6).Select(_ => Sample.Stream()).ToArray();

        await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            var random = new Random(writer);
            await using var db = _shop.CreateContext();
            for (var i = 0; i < each; i++)
            {
                var order = streams.OrderBy(_ => random.Next()).ToArray();
                if (writer % 2 == 0)
                {
                    await _shop.Store.Events.StoreAsync([.. order.Select(stream => Sample.Event(stream))]);
                }
                else
                {
                    db.AppendEvents([.. order.Select(stream => Sample.Event(stream))]);
                    await db.SaveChangesAsync();
                    db.ChangeTracker.Clear();
                }
            }
        })));

        foreach (var stream in streams)
        {
            CollectionAssert.AreEqual(Enumerable.Range(1, writers * each).Select(n => (long)n).ToArray(), await _shop.StreamVersionsAsync(stream));
        }
    }

    [TestMethod]
    public async Task The_same_event_from_both_roads_at_once_is_stored_once()
    {
        for (var i = 0; i < 40; i++)
        {
            var given = Sample.Event(Sample.Stream());
            await using var db = _shop.CreateContext();
            db.Orders.Add(new ShopOrder { Number = given.Id });
            db.AppendEvents([given], i % 2 == 0 ? ExpectedVersion.Any : ExpectedVersion.NoStream);

            var saving = Task.Run(async () =>
            {
                try
                {
                    await db.SaveChangesAsync();
                    return true;
                }
                catch (DuplicateEventException refused)
                {
                    Assert.IsTrue(refused.AllStored);
                    return false;
                }
            });
            var appended = await _shop.Store.Events.StoreAsync(given);
            var saved = await saving;

            Assert.AreEqual(saved, appended.AlreadyStored);
            Assert.AreEqual(saved ? 1 : 0, await _shop.OrdersAsync(given.Id));
            CollectionAssert.AreEqual((long[])[1], await _shop.StreamVersionsAsync(given.AggregateId));
        }
    }
}
