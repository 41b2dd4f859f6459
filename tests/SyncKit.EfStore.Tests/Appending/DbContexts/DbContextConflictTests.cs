using System.Data;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace SyncKit.EfStore.Tests.Appending.DbContexts;

/// <summary>A claim that does not hold surfaces from SaveChanges as it does from the store.</summary>
[TestClass]
public sealed class DbContextConflictTests
{
    private static Shop _shop = null!;

    [ClassInitialize]
    public static async Task Open(TestContext _) => _shop = await Shop.OpenAsync();

    [ClassCleanup]
    public static async Task Close() => await _shop.DisposeAsync();

    [TestMethod]
    [DataRow(1L, false)]
    [DataRow(3L, false)]
    [DataRow(1L, true)]
    [DataRow(3L, true)]
    public async Task A_stream_that_is_elsewhere_refuses_the_whole_save(long expected, bool retries)
    {
        var stream = Sample.Stream();
        await _shop.Store.Events.StoreAsync(Sample.Events(stream, 2));
        await using var db = CreateContext(retries);

        db.Orders.Add(new ShopOrder { Number = stream });
        db.AppendEvents([Sample.Event(stream)], ExpectedVersion.Exactly(expected));
        var conflict = await Assert.ThrowsExactlyAsync<WrongExpectedVersionException>(() => db.SaveChangesAsync());

        Assert.AreEqual((stream, ExpectedVersion.Exactly(expected), 2L), (conflict.AggregateId, conflict.Expected, conflict.Actual));
        Assert.HasCount(2, await _shop.Store.StreamAsync(stream));
        Assert.AreEqual(0, await _shop.OrdersAsync(stream));
    }

    [TestMethod]
    public void A_synchronous_save_throws_the_same()
    {
        using var db = _shop.CreateContext();
        db.AppendEvents([Sample.Event("nowhere")], ExpectedVersion.StreamExists);

        var conflict = Assert.ThrowsExactly<WrongExpectedVersionException>(() => db.SaveChanges());

        Assert.AreEqual("Stream 'nowhere' does not exist, but the append expected the stream to exist. Read the stream and decide again.", conflict.Message);
    }

    [TestMethod]
    public async Task Claims_of_one_save_that_contradict_each_other_are_a_conflict()
    {
        var stream = Sample.Stream();
        await using var db = _shop.CreateContext();
        db.AppendEvents([Sample.Event(stream)], ExpectedVersion.NoStream);
        db.AppendEvents([Sample.Event(stream)], ExpectedVersion.NoStream);

        var conflict = await Assert.ThrowsExactlyAsync<WrongExpectedVersionException>(() => db.SaveChangesAsync());

        Assert.AreEqual((ExpectedVersion.NoStream, 1L), (conflict.Expected, conflict.Actual));
        Assert.IsEmpty(await _shop.Store.StreamAsync(stream));
    }

    [TestMethod]
    public async Task After_a_conflict_the_callers_transaction_goes_on()
    {
        var stream = Sample.Stream();
        await using var db = _shop.CreateContext();
        await using (var transaction = await db.Database.BeginTransactionAsync())
        {
            db.Orders.Add(new ShopOrder { Number = stream });
            db.AppendEvents([Sample.Event(stream, 1)], ExpectedVersion.NoStream);
            await db.SaveChangesAsync();

            var wrong = db.AppendEvents([Sample.Event(stream, 2)], ExpectedVersion.NoStream);
            await Assert.ThrowsExactlyAsync<WrongExpectedVersionException>(() => db.SaveChangesAsync());

            db.Entry(wrong[0]).State = EntityState.Detached;
            var right = db.AppendEvents([Sample.Event(stream, 3)], ExpectedVersion.Exactly(1));
            await db.SaveChangesAsync();
            Assert.AreEqual(2, right[0].StreamVersion);
            await transaction.CommitAsync();
        }

        var stored = await _shop.Store.StreamAsync(stream);
        CollectionAssert.AreEqual((string[])["""{"number": 1}""", """{"number": 3}"""], stored.Select(e => e.Data!.ToString()).ToArray());
        Assert.AreEqual(1, await _shop.OrdersAsync(stream));
    }

    [TestMethod]
    public async Task A_claim_waits_for_the_writer_before_it_and_then_sees_him()
    {
        var stream = Sample.Stream();
        await using var observer = await RawSql.ConnectAsync(_shop.ConnectionString);
        await using var first = _shop.CreateContext();
        await using var transaction = await first.Database.BeginTransactionAsync();
        first.AppendEvents([Sample.Event(stream)]);
        await first.SaveChangesAsync();

        await using var second = _shop.CreateContext();
        second.AppendEvents([Sample.Event(stream)], ExpectedVersion.NoStream);
        var saving = second.SaveChangesAsync();
        await observer.SomeoneWaitsAsync();
        await transaction.CommitAsync();

        Assert.AreEqual(1, (await Assert.ThrowsExactlyAsync<WrongExpectedVersionException>(() => saving)).Actual);
    }

    [TestMethod]
    [DataRow(false, true)]
    [DataRow(false, false)]
    [DataRow(true, true)]
    [DataRow(true, false)]
    public async Task An_old_snapshot_may_conflict_and_says_so(bool claimed, bool savepoints)
    {
        var stream = Sample.Stream();
        var expected = claimed ? ExpectedVersion.NoStream : ExpectedVersion.Any;
        await using var db = _shop.CreateContext();
        db.Database.AutoSavepointsEnabled = savepoints;
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.RepeatableRead);
        Assert.AreEqual(0, await db.Events.CountAsync(row => row.AggregateId == stream));
        await _shop.Store.Events.StoreAsync(Sample.Events(stream, 3));

        db.AppendEvents([Sample.Event(stream)], expected);
        var conflict = await Assert.ThrowsExactlyAsync<WrongExpectedVersionException>(() => db.SaveChangesAsync());

        Assert.AreEqual((stream, expected, 3L), (conflict.AggregateId, conflict.Expected, conflict.Actual));
    }

    [TestMethod]
    public async Task An_old_snapshot_names_the_stream_that_moved()
    {
        var (still, moved) = (Sample.Stream(), Sample.Stream());
        await using var db = _shop.CreateContext();
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.RepeatableRead);
        Assert.AreEqual(0, await db.Events.CountAsync(row => row.AggregateId == still));
        await _shop.Store.Events.StoreAsync(Sample.Event(moved));

        db.AppendEvents([Sample.Event(still), Sample.Event(moved)]);
        var conflict = await Assert.ThrowsExactlyAsync<WrongExpectedVersionException>(() => db.SaveChangesAsync());

        Assert.AreEqual((moved, ExpectedVersion.Any, 1L), (conflict.AggregateId, conflict.Expected, conflict.Actual));
    }

    [TestMethod]
    public async Task Several_saves_to_several_streams_may_deadlock_and_the_error_is_transient()
    {
        var (one, two) = (Sample.Stream(), Sample.Stream());
        await using var observer = await RawSql.ConnectAsync(_shop.ConnectionString);
        await using var left = _shop.CreateContext();
        await using var right = _shop.CreateContext();
        await using var leftTransaction = await left.Database.BeginTransactionAsync();
        await using var rightTransaction = await right.Database.BeginTransactionAsync();
        await SaveAsync(left, one);
        await SaveAsync(right, two);

        var leftWaits = EndAsync(left, leftTransaction, two);
        await observer.SomeoneWaitsAsync();
        var rightWaits = EndAsync(right, rightTransaction, one);
        var errors = (await Task.WhenAll(leftWaits, rightWaits)).OfType<Exception>().ToArray();

        Assert.HasCount(1, errors);
        var deadlock = Assert.IsInstanceOfType<PostgresException>(errors[0].GetBaseException());
        Assert.AreEqual((PostgresErrorCodes.DeadlockDetected, true), (deadlock.SqlState, deadlock.IsTransient));
        Assert.HasCount(1, await _shop.Store.StreamAsync(one));
        Assert.HasCount(1, await _shop.Store.StreamAsync(two));

        static async Task SaveAsync(ShopDbContext db, string stream)
        {
            db.AppendEvents([Sample.Event(stream)]);
            await db.SaveChangesAsync();
        }

        static async Task<Exception?> EndAsync(
            ShopDbContext db, Microsoft.EntityFrameworkCore.Storage.IDbContextTransaction transaction, string stream)
        {
            try
            {
                await SaveAsync(db, stream);
                await transaction.CommitAsync();
                return null;
            }
            catch (InvalidOperationException error)
            {
                await transaction.RollbackAsync();
                return error;
            }
        }
    }

    private static ShopDbContext CreateContext(bool retries) =>
        _shop.CreateContext(npgsql =>
        {
            if (retries)
            {
                npgsql.EnableRetryOnFailure(6, TimeSpan.FromMilliseconds(1), null);
            }
        });
}
