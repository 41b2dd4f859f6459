using System.Data.Common;
using System.Transactions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace SyncKit.EfStore.Tests.Appending.DbContexts;

/// <summary>Events of an application's context are stored with its rows, or not at all.</summary>
[TestClass]
public sealed class AppendInDbContextTests
{
    private static Shop _shop = null!;

    [ClassInitialize]
    public static async Task Open(TestContext _) => _shop = await Shop.OpenAsync();

    [ClassCleanup]
    public static async Task Close() => await _shop.DisposeAsync();

    [TestMethod]
    public async Task A_save_stores_row_and_events_and_reads_their_places_back()
    {
        var number = Sample.Stream();
        await using var db = _shop.CreateContext();

        db.Orders.Add(new ShopOrder { Number = number });
        var rows = db.AppendEvents(
        [
            new EventData(number, "First", EventJson.Parse("""{"a": 1e2}""")) { Metadata = EventJson.Parse("""{"by": "test"}""") },
            new EventData(number, "Second") { CreatedAt = DateTimeOffset.UnixEpoch },
        ]);
        await db.SaveChangesAsync();

        var stored = await _shop.Store.StreamAsync(number);
        Assert.AreEqual(1, await _shop.OrdersAsync(number));
        CollectionAssert.AreEqual(stored.Select(e => e.Version.Value).ToArray(), rows.Select(row => row.Version).ToArray());
        CollectionAssert.AreEqual((long[])[1, 2], rows.Select(row => row.StreamVersion).ToArray());
        Assert.AreEqual(("""{"a": 100}""", """{"by": "test"}"""), (stored[0].Data!.ToString(), stored[0].Metadata!.ToString()));
        Assert.AreEqual(stored[0].CreatedAt, rows[0].CreatedAt);
        Assert.AreEqual((DateTimeOffset.UnixEpoch, null), (stored[1].CreatedAt, stored[1].Data));
        Assert.AreEqual(EntityState.Unchanged, db.Entry(rows[0]).State);
    }

    [TestMethod]
    public void A_synchronous_save_does_the_same()
    {
        var number = Sample.Stream();
        using var db = _shop.CreateContext();

        db.Orders.Add(new ShopOrder { Number = number });
        var first = db.AppendEvents([Sample.Event(number)], ExpectedVersion.NoStream);
        db.SaveChanges();
        var second = db.AppendEvents([Sample.Event(number)], ExpectedVersion.Exactly(first[0].StreamVersion));
        db.SaveChanges();

        Assert.AreEqual(2, second[0].StreamVersion);
        Assert.IsGreaterThan(first[0].Version, second[0].Version);
    }

    [TestMethod]
    public async Task Any_for_one_stream_begins_no_transaction_of_its_own_and_a_claim_does()
    {
        var begun = new Transactions();
        await using var db = _shop.CreateContext(configure: options => options.AddInterceptors(begun));

        db.AppendEvents([Sample.Event(Sample.Stream())]);
        await db.SaveChangesAsync();
        Assert.AreEqual(0, begun.Count);

        db.AppendEvents([Sample.Event(Sample.Stream())], ExpectedVersion.NoStream);
        await db.SaveChangesAsync();
        Assert.AreEqual(1, begun.Count);
        Assert.AreEqual(AutoTransactionBehavior.WhenNeeded, db.Database.AutoTransactionBehavior);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task Rolled_back_there_is_no_event_and_no_notification(bool claimed)
    {
        var number = Sample.Stream();
        var expected = claimed ? ExpectedVersion.NoStream : ExpectedVersion.Any;
        await using var listener = await RawListener.StartAsync(_shop.ConnectionString, "stream_" + number);
        await using (var db = _shop.CreateContext())
        await using (var transaction = await db.Database.BeginTransactionAsync())
        {
            db.Orders.Add(new ShopOrder { Number = number });
            db.AppendEvents([Sample.Event(number)], expected);
            await db.SaveChangesAsync();
            await transaction.RollbackAsync();
        }

        Assert.IsEmpty(await _shop.Store.StreamAsync(number));
        Assert.AreEqual(0, await _shop.OrdersAsync(number));
        Assert.IsEmpty(await listener.DrainAsync());

        await using var again = _shop.CreateContext();
        again.AppendEvents([Sample.Event(number)], expected);
        await again.SaveChangesAsync();
        Assert.HasCount(1, await listener.DrainAsync());
    }

    [TestMethod]
    public async Task A_row_that_fails_takes_the_events_with_it()
    {
        var number = Sample.Stream();
        await using (var db = _shop.CreateContext())
        {
            db.Orders.Add(new ShopOrder { Number = number });
            await db.SaveChangesAsync();
        }

        await using var other = _shop.CreateContext();
        other.Orders.Add(new ShopOrder { Number = number });
        other.AppendEvents([Sample.Event(number)]);
        var error = await Assert.ThrowsExactlyAsync<DbUpdateException>(() => other.SaveChangesAsync());

        Assert.IsInstanceOfType<Npgsql.PostgresException>(error.InnerException);
        Assert.IsEmpty(await _shop.Store.StreamAsync(number));
    }

    [TestMethod]
    public async Task Several_saves_in_one_transaction_commit_together()
    {
        var number = Sample.Stream();
        await using var db = _shop.CreateContext();
        await using (var transaction = await db.Database.BeginTransactionAsync())
        {
            db.AppendEvents(Sample.Events(number, 2), ExpectedVersion.NoStream);
            await db.SaveChangesAsync();
            db.AppendEvents([Sample.Event(number)]);
            await db.SaveChangesAsync();
            db.AppendEvents([Sample.Event(number)], ExpectedVersion.Exactly(3));
            await db.SaveChangesAsync();
            Assert.IsEmpty(await _shop.Store.StreamAsync(number));
            await transaction.CommitAsync();
        }

        CollectionAssert.AreEqual((long[])[1, 2, 3, 4], await _shop.StreamVersionsAsync(number));
    }

    [TestMethod]
    public async Task A_transaction_scope_is_a_transaction_of_the_caller()
    {
        var (kept, dropped) = (Sample.Stream(), Sample.Stream());
        await SaveAsync(kept, complete: true);
        await SaveAsync(dropped, complete: false);

        CollectionAssert.AreEqual((long[])[1], await _shop.StreamVersionsAsync(kept));
        Assert.IsEmpty(await _shop.Store.StreamAsync(dropped));

        static async Task SaveAsync(string stream, bool complete)
        {
            using var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled);
            await using var db = _shop.CreateContext();
            db.AppendEvents([Sample.Event(stream)], ExpectedVersion.NoStream);
            await db.SaveChangesAsync();
            if (complete)
            {
                scope.Complete();
            }
        }
    }

    [TestMethod]
    public async Task Appends_of_one_save_follow_each_other()
    {
        var (one, two) = (Sample.Stream(), Sample.Stream());
        await using var db = _shop.CreateContext();

        db.AppendEvents([Sample.Event(one, 1)], ExpectedVersion.NoStream);
        db.AppendEvents([Sample.Event(two, 1)]);
        db.AppendEvents([Sample.Event(one, 2)]);
        db.AppendEvents([Sample.Event(two, 2)], ExpectedVersion.StreamExists);
        db.AppendEvents([Sample.Event(one, 3)], ExpectedVersion.Exactly(2));
        await db.SaveChangesAsync();

        foreach (var (stream, count) in new[] { (one, 3), (two, 2) })
        {
            var stored = await _shop.Store.StreamAsync(stream);
            CollectionAssert.AreEqual(Enumerable.Range(1, count).Select(n => $$"""{"number": {{n}}}""").ToArray(), stored.Select(e => e.Data!.ToString()).ToArray());
            CollectionAssert.AreEqual(Enumerable.Range(1, count).Select(n => (long)n).ToArray(), stored.Select(e => e.StreamVersion).ToArray());
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task A_long_append_keeps_its_order_over_several_batches(bool claimed)
    {
        const int count = 2_500;
        var stream = Sample.Stream();
        await using var db = _shop.CreateContext();

        db.AppendEvents(Sample.Events(stream, count), claimed ? ExpectedVersion.NoStream : ExpectedVersion.Any);
        await db.SaveChangesAsync();

        var stored = await _shop.Store.StreamAsync(stream);
        CollectionAssert.AreEqual(Enumerable.Range(1, count).Select(n => $$"""{"number": {{n}}}""").ToArray(), stored.Select(e => e.Data!.ToString()).ToArray());
        CollectionAssert.AreEqual(Enumerable.Range(1, count).Select(n => (long)n).ToArray(), stored.Select(e => e.StreamVersion).ToArray());
    }

    [TestMethod]
    public async Task The_deepest_document_is_stored()
    {
        var stream = Sample.Stream();
        var deep = new string('[', EventLimits.MaxJsonDepth) + new string(']', EventLimits.MaxJsonDepth);
        await using var db = _shop.CreateContext();

        db.AppendEvents([EventData.FromJson(stream, "Deep", deep)]);
        await db.SaveChangesAsync();

        Assert.AreEqual(deep, (await _shop.Store.StreamAsync(stream)).Single().Data!.ToString());
    }

    [TestMethod]
    public async Task What_the_store_would_refuse_is_refused_before_it_is_tracked()
    {
        await using var db = _shop.CreateContext();
        var stream = Sample.Stream();
        var once = Sample.Event(stream);
        db.AppendEvents([once]);
        db.AppendEvents([.. Enumerable.Range(0, 999).Select(n => Sample.Event($"{stream}-{n}"))]);

        Assert.ThrowsExactly<InvalidInputException>(() => db.AppendEvents([]));
        Assert.ThrowsExactly<InvalidInputException>(() => db.AppendEvents([Sample.Event(stream), null!]));
        Assert.ThrowsExactly<InvalidInputException>(() => db.AppendEvents([Sample.Event("a"), Sample.Event("b")], ExpectedVersion.NoStream));
        Assert.ThrowsExactly<DuplicateEventException>(() => db.AppendEvents([Sample.Event(stream), once]));
        Assert.ThrowsExactly<InvalidInputException>(
            () => db.AppendEvents([EventData.FromObject(stream, "Large", new string('x', EventLimits.DefaultMaxJsonBytes))]));
        var many = Assert.ThrowsExactly<InvalidInputException>(() => db.AppendEvents([Sample.Event("one more")]));

        Assert.AreEqual("The events must name at most 1000 streams in one SaveChanges; they name 1001.", many.Message);
        Assert.HasCount(1_000, db.ChangeTracker.Entries());
    }

    [TestMethod]
    public async Task Rows_taken_back_before_the_save_are_not_stored()
    {
        var stream = Sample.Stream();
        await using var db = _shop.CreateContext();
        var rows = db.AppendEvents(Sample.Events(stream, 2), ExpectedVersion.Exactly(7));

        foreach (var row in rows)
        {
            db.Entry(row).State = EntityState.Detached;
        }

        db.AppendEvents([Sample.Event(stream)], ExpectedVersion.NoStream);
        await db.SaveChangesAsync();

        CollectionAssert.AreEqual((long[])[1], await _shop.StreamVersionsAsync(stream));
    }

    [TestMethod]
    public async Task The_planner_is_as_it_was_in_the_callers_transaction()
    {
        await using var db = _shop.CreateContext();
        await using var transaction = await db.Database.BeginTransactionAsync();
        db.AppendEvents([Sample.Event(Sample.Stream())], ExpectedVersion.NoStream);
        await db.SaveChangesAsync();

        Assert.AreEqual("on", (await db.Database.SqlQuery<string>($"SELECT current_setting('enable_seqscan') AS \"Value\"").ToListAsync()).Single());
    }

    [TestMethod]
    public async Task Without_any_transaction_what_needs_one_is_refused()
    {
        var stream = Sample.Stream();
        await using var db = _shop.CreateContext();
        db.Database.AutoTransactionBehavior = AutoTransactionBehavior.Never;
        db.AppendEvents([Sample.Event(stream)], ExpectedVersion.NoStream);

        var refused = await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => db.SaveChangesAsync());
        Assert.AreEqual(
            "These events must be stored in one transaction, and AutoTransactionBehavior.Never forbids SaveChanges to begin one. "
                + "Begin one, or set it to WhenNeeded.",
            refused.Message);

        await using (var transaction = await db.Database.BeginTransactionAsync())
        {
            await db.SaveChangesAsync();
            await transaction.CommitAsync();
        }

        db.AppendEvents([Sample.Event(stream)]);
        await db.SaveChangesAsync();
        CollectionAssert.AreEqual((long[])[1, 2], await _shop.StreamVersionsAsync(stream));
    }

    private sealed class Transactions : DbTransactionInterceptor
    {
        internal int Count { get; private set; }

        public override ValueTask<DbTransaction> TransactionStartedAsync(
            DbConnection connection, TransactionEndEventData eventData, DbTransaction result, CancellationToken cancellationToken = default)
        {
            Count++;
            return ValueTask.FromResult(result);
        }
    }
}
