using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace SyncKit.EfStore.Tests.Appending.DbContexts;

/// <summary>An id that is stored already refuses the save, which would store the application's own rows twice.</summary>
[TestClass]
public sealed class DbContextIdempotencyTests
{
    private static Shop _shop = null!;

    [ClassInitialize]
    public static async Task Open(TestContext _) => _shop = await Shop.OpenAsync();

    [ClassCleanup]
    public static async Task Close() => await _shop.DisposeAsync();

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task The_same_events_again_are_refused_as_stored_whatever_is_claimed(bool claimed)
    {
        var stream = Sample.Stream();
        var events = Sample.Events(stream, 2);
        await _shop.Store.Events.AppendAsync(events, ExpectedVersion.NoStream);
        await using var db = _shop.CreateContext();

        db.Orders.Add(new ShopOrder { Number = stream });
        db.AppendEvents(events, claimed ? ExpectedVersion.NoStream : ExpectedVersion.Any);
        var refused = await Assert.ThrowsExactlyAsync<DuplicateEventException>(() => db.SaveChangesAsync());

        Assert.IsTrue(refused.AllStored);
        CollectionAssert.AreEqual(events.Select(e => e.Id).ToArray(), refused.StoredIds.ToArray());
        Assert.AreEqual(
            $"The events of this save are already stored: '{events[0].Id}', '{events[1].Id}'. Nothing was stored twice, nor anything saved with them. "
                + "If this repeats a save whose answer was lost, that save had succeeded; otherwise leave these events out.",
            refused.Message);
        Assert.AreEqual(0, await _shop.OrdersAsync(stream));
    }

    [TestMethod]
    public async Task An_event_of_a_context_is_found_again_by_the_store()
    {
        var stream = Sample.Stream();
        var given = new EventData(stream, "Same", EventJson.Parse("""{"b": 1.0, "a": 1e2}""")) { Metadata = EventJson.Parse("null") };
        await using var db = _shop.CreateContext();
        var rows = db.AppendEvents([given]);
        await db.SaveChangesAsync();

        var again = await _shop.Store.Events.StoreAsync(given);

        Assert.AreEqual((true, rows[0].Version), (again.AlreadyStored, again.Version.Value));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task Other_content_under_an_id_and_part_of_a_save_are_told_apart(bool claimed)
    {
        var stream = Sample.Stream();
        var events = Sample.Events(stream, 3);
        await _shop.Store.Events.StoreAsync(events[..2]);
        var expected = claimed ? ExpectedVersion.Exactly(2) : ExpectedVersion.Any;
        var other = new EventData(stream, events[1].EventType, events[1].Data) { Id = events[1].Id, Metadata = EventJson.Parse("{}") };

        await using var part = _shop.CreateContext();
        part.AppendEvents([events[2], events[0]], expected);
        var stored = await Assert.ThrowsExactlyAsync<DuplicateEventException>(() => part.SaveChangesAsync());
        await using var changed = _shop.CreateContext();
        changed.AppendEvents([events[0], other], expected);
        var conflicting = await Assert.ThrowsExactlyAsync<DuplicateEventException>(() => changed.SaveChangesAsync());

        Assert.AreEqual((false, events[0].Id, 0), (stored.AllStored, stored.StoredIds.Single(), stored.ConflictingIds.Count));
        Assert.AreEqual((false, events[0].Id, other.Id), (conflicting.AllStored, conflicting.StoredIds.Single(), conflicting.ConflictingIds.Single()));
        Assert.HasCount(2, await _shop.Store.StreamAsync(stream));
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task In_the_callers_transaction_an_id_is_recognised_committed_or_not(bool savepoints)
    {
        var stream = Sample.Stream();
        var (committed, pending) = (Sample.Event(stream), Sample.Event(stream, 2));
        await _shop.Store.Events.StoreAsync(committed);
        await using var db = _shop.CreateContext();
        db.Database.AutoSavepointsEnabled = savepoints;
        await using var transaction = await db.Database.BeginTransactionAsync();
        db.AppendEvents([pending]);
        await db.SaveChangesAsync();

        if (savepoints)
        {
            db.ChangeTracker.Clear();
            db.AppendEvents([pending]);
            Assert.IsTrue((await Assert.ThrowsExactlyAsync<DuplicateEventException>(() => db.SaveChangesAsync())).AllStored);
        }

        db.ChangeTracker.Clear();
        db.AppendEvents([committed]);
        Assert.IsTrue((await Assert.ThrowsExactlyAsync<DuplicateEventException>(() => db.SaveChangesAsync())).AllStored);
    }

    [TestMethod]
    public async Task The_applications_own_unique_violation_passes_untouched()
    {
        var number = Sample.Stream();
        await using var db = _shop.CreateContext();
        db.Orders.Add(new ShopOrder { Number = number });
        await db.SaveChangesAsync();

        await using var other = _shop.CreateContext();
        other.Orders.Add(new ShopOrder { Number = number });
        other.AppendEvents([Sample.Event(number)], ExpectedVersion.NoStream);
        var error = await Assert.ThrowsExactlyAsync<DbUpdateException>(() => other.SaveChangesAsync());

        Assert.AreEqual("PK_a_shop_orders", ((PostgresException)error.InnerException!).ConstraintName);
    }

    [TestMethod]
    public async Task A_repeated_save_is_recognised_though_the_applications_row_is_met_first()
    {
        var number = Sample.Stream();
        var given = Sample.Event(number);
        await using var db = _shop.CreateContext();
        db.Orders.Add(new ShopOrder { Number = number });
        db.AppendEvents([given]);
        await db.SaveChangesAsync();

        await using var again = _shop.CreateContext();
        again.Orders.Add(new ShopOrder { Number = number });
        again.AppendEvents([given]);

        Assert.IsTrue((await Assert.ThrowsExactlyAsync<DuplicateEventException>(() => again.SaveChangesAsync())).AllStored);
    }

    [TestMethod]
    public async Task A_save_that_accepts_nothing_and_is_saved_again_is_already_stored()
    {
        var stream = Sample.Stream();
        await using var db = _shop.CreateContext();
        db.AppendEvents([Sample.Event(stream)], ExpectedVersion.NoStream);
        await db.SaveChangesAsync(acceptAllChangesOnSuccess: false);

        Assert.IsTrue((await Assert.ThrowsExactlyAsync<DuplicateEventException>(() => db.SaveChangesAsync())).AllStored);
        Assert.HasCount(1, await _shop.Store.StreamAsync(stream));
    }
}
