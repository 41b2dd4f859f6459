using Microsoft.EntityFrameworkCore;
using Npgsql;
using Npgsql.EntityFrameworkCore.PostgreSQL.Infrastructure;

namespace SyncKit.EfStore.Tests.Appending.DbContexts;

/// <summary>EF Core's retries store events once, or say that they are stored.</summary>
[TestClass]
public sealed class DbContextRetryTests
{
    private static Shop _shop = null!;

    [ClassInitialize]
    public static async Task Open(TestContext _) => _shop = await Shop.OpenAsync();

    [ClassCleanup]
    public static async Task Close() => await _shop.DisposeAsync();

    [TestMethod]
    [DataRow(FaultAt.Command, false)]
    [DataRow(FaultAt.Command, true)]
    [DataRow(FaultAt.BeforeCommit, false)]
    [DataRow(FaultAt.BeforeCommit, true)]
    public async Task A_save_that_breaks_before_it_is_stored_is_repeated_and_stored_once(FaultAt at, bool claimed)
    {
        var number = Sample.Stream();
        var faults = new Faults(at, _shop.ConnectionString);
        await using var db = CreateContext(faults);
        db.Database.AutoTransactionBehavior = AutoTransactionBehavior.Always;

        db.Orders.Add(new ShopOrder { Number = number });
        var rows = db.AppendEvents(Sample.Events(number, 2), claimed ? ExpectedVersion.NoStream : ExpectedVersion.Any);
        await db.SaveChangesAsync();

        Assert.AreEqual(2, faults.Attempts);
        Assert.AreEqual(1, await _shop.OrdersAsync(number));
        var stored = await _shop.Store.StreamAsync(number);
        CollectionAssert.AreEqual((long[])[1, 2], stored.Select(e => e.StreamVersion).ToArray());
        CollectionAssert.AreEqual(stored.Select(e => e.Version.Value).ToArray(), rows.Select(row => row.Version).ToArray());
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task A_commit_whose_answer_is_lost_surfaces_as_already_stored(bool claimed)
    {
        var number = Sample.Stream();
        var faults = new Faults(FaultAt.AfterCommit, _shop.ConnectionString);
        await using var db = CreateContext(faults);
        db.Database.AutoTransactionBehavior = AutoTransactionBehavior.Always;

        db.Orders.Add(new ShopOrder { Number = number });
        db.AppendEvents([Sample.Event(number)], claimed ? ExpectedVersion.NoStream : ExpectedVersion.Any);
        var refused = await Assert.ThrowsExactlyAsync<DuplicateEventException>(() => db.SaveChangesAsync());

        Assert.IsTrue(refused.AllStored);
        Assert.AreEqual(1, await _shop.OrdersAsync(number));
        Assert.HasCount(1, await _shop.Store.StreamAsync(number));
    }

    [TestMethod]
    public async Task A_lost_answer_is_recognised_before_a_row_with_a_concurrency_check_says_otherwise()
    {
        var number = Sample.Stream();
        await using (var first = _shop.CreateContext())
        {
            first.Orders.Add(new ShopOrder { Number = number });
            await first.SaveChangesAsync();
        }

        // A batch for each statement, or the server would meet the event's id before EF Core counts the deleted rows.
        await using var db = CreateContext(new Faults(FaultAt.AfterCommit, _shop.ConnectionString), npgsql => npgsql.MaxBatchSize(1));
        db.Database.AutoTransactionBehavior = AutoTransactionBehavior.Always;
        db.Orders.Remove(await db.Orders.SingleAsync(order => order.Number == number));
        db.AppendEvents([Sample.Event(number)]);

        Assert.IsTrue((await Assert.ThrowsExactlyAsync<DuplicateEventException>(() => db.SaveChangesAsync())).AllStored);
        Assert.AreEqual(0, await _shop.OrdersAsync(number));
    }

    [TestMethod]
    [DataRow(FaultAt.Command, 2)]
    [DataRow(FaultAt.BeforeCommit, 2)]
    [DataRow(FaultAt.AfterCommit, 1)]
    public async Task In_a_transaction_of_ones_own_the_verification_decides(FaultAt at, int attempts)
    {
        var number = Sample.Stream();
        var faults = new Faults(at, _shop.ConnectionString);
        await using var db = CreateContext(faults);
        db.Orders.Add(new ShopOrder { Number = number });
        var row = db.AppendEvents([Sample.Event(number)])[0];

        await db.Database.CreateExecutionStrategy().ExecuteInTransactionAsync(
            db,
            (context, token) => context.SaveChangesAsync(acceptAllChangesOnSuccess: false, token),
            (context, token) => context.Events.AsNoTracking().AnyAsync(stored => stored.Id == row.Id, token));
        db.ChangeTracker.AcceptAllChanges();

        Assert.AreEqual(attempts, faults.Attempts);
        Assert.AreEqual(1, await _shop.OrdersAsync(number));
        var stored = (await _shop.Store.StreamAsync(number)).Single();
        Assert.AreEqual((stored.Version.Value, 1L), (row.Version, row.StreamVersion));
    }

    private static ShopDbContext CreateContext(Faults faults, Action<NpgsqlDbContextOptionsBuilder>? configure = null) => _shop.CreateContext(
        npgsql =>
        {
            npgsql.EnableRetryOnFailure(3, TimeSpan.FromMilliseconds(1), [PostgresErrorCodes.AdminShutdown]);
            configure?.Invoke(npgsql);
        },
        options => options.AddInterceptors(faults));
}
