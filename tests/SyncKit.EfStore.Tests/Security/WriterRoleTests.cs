using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SyncKit.EfStore.Testing;
using SyncKit.EfStore.Tests.Appending.DbContexts;
using SyncKit.EfStore.Tests.Notifications;
using SyncKit.EfStore.Tests.Subscriptions.Named;

namespace SyncKit.EfStore.Tests.Security;

/// <summary>
/// The library runs as the writer with no other right: one test for each thing it does. SYNCKIT_TESTS_ROLE=writer runs all the others so too.
/// </summary>
[TestClass]
public sealed class WriterRoleTests : IAsyncDisposable
{
    private PostgresDatabase _database = null!;
    private TestStore _store = null!;

    private string WriterString => TestRoles.ForWriter(_database.ConnectionString);

    private EventImporter Importer => _store.Services.GetRequiredService<EventImporter>();

    [TestInitialize]
    public async Task CreateDatabase()
    {
        _database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        _store = TestStore.AsWriter(_database.ConnectionString);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _database.DisposeAsync();
    }

    [TestMethod]
    public async Task It_is_the_writer()
    {
        await using var connection = await RawSql.ConnectAsync(WriterString);
        Assert.IsFalse(await connection.ScalarAsync<bool>("SELECT rolsuper OR has_table_privilege('events', 'UPDATE, DELETE, TRUNCATE') FROM pg_roles WHERE rolname = current_user"));
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task It_appends_in_every_way(bool groupCommit)
    {
        await using var store = TestStore.AsWriter(_database.ConnectionString, options => options.GroupCommit = groupCommit);
        var first = await store.Events.AppendAsync([Sample.Event("a")], ExpectedVersion.NoStream);
        await store.Events.AppendAsync(Sample.Events("a", 3), ExpectedVersion.Exactly(first.StreamVersion));
        await store.Events.AppendAsync(Sample.Events("a", 100), ExpectedVersion.StreamExists);
        await store.Events.AppendAsync(
            [new StreamAppend(ExpectedVersion.NoStream, Sample.Events("b", 2)), new StreamAppend(ExpectedVersion.NoStream, Sample.Events("c", 2))]);
        var same = Sample.Event("d");
        var once = await store.Events.StoreAsync(same);
        Assert.AreEqual((once.Version, true), ((await store.Events.StoreAsync(same)).Version, (await store.Events.StoreAsync(same)).AlreadyStored));
        await Assert.ThrowsExactlyAsync<WrongExpectedVersionException>(() => store.Events.AppendAsync([Sample.Event("a")], ExpectedVersion.NoStream));
        await Task.WhenAll(Enumerable.Range(0, 50).Select(n => store.Events.StoreAsync(Sample.Event($"s{n % 5}"))));

        Assert.HasCount(159, await store.Events.LoadAsync(EventVersion.Zero).ToListAsync());
    }

    [TestMethod]
    [DataRow(NotifyMode.Trigger)]
    [DataRow(NotifyMode.AfterCommit)]
    [DataRow(NotifyMode.None)]
    public async Task It_observes_its_own_appends_and_those_of_psql(NotifyMode mode)
    {
        await using var host = await ListeningHost.StartAsync(WriterString, options =>
        {
            options.NotifyMode = mode;
            options.PollInterval = TimeSpan.FromMilliseconds(200);
        });
        var (all, one) = (host.ObserveAll(), host.ObserveStream(new string('a', 100)));
        await host.AllInPlaceAsync();

        await host.Store.StoreAsync(Sample.Events(new string('a', 100), 3)); // the hashed channel
        await host.InsertAsync("psql");

        await all.WaitUntilAsync("all", items => items.Count == 4);
        await one.WaitUntilAsync("one", items => items.Count == 3);
    }

    [TestMethod]
    public async Task It_saves_in_a_DbContext()
    {
        await using var owner = await RawSql.ConnectAsync(_database.ConnectionString);
        await using (var ddl = new ShopDbContext(new DbContextOptionsBuilder<ShopDbContext>().UseNpgsql(_database.ConnectionString).Options))
        {
            await ddl.GetService<IRelationalDatabaseCreator>().CreateTablesAsync();
        }

        var writer = new NpgsqlConnectionStringBuilder(WriterString).Username;
        await owner.RunAsync($"GRANT SELECT, INSERT, UPDATE, DELETE ON a_shop_orders TO {writer}");
        var options = new DbContextOptionsBuilder<ShopDbContext>();
        options.UseNpgsql(WriterString).UseEventStore();
        await using var db = new ShopDbContext(options.Options);

        db.Add(new ShopOrder { Number = "1" });
        db.AppendEvents([Sample.Event("a")], ExpectedVersion.NoStream);
        db.AppendEvents([Sample.Event("b")], ExpectedVersion.Any);
        await db.SaveChangesAsync();

        Assert.AreEqual(2, await db.Events.CountAsync());
        await using var queried = _store.CreateContext();
        Assert.AreEqual(2, await queried.Events.CountAsync(e => e.EventType == "Tested"));
    }

    [TestMethod]
    public async Task It_imports_but_not_atomically_which_locks_the_table()
    {
        Assert.AreEqual(1_000, (await Importer.ImportAsync(Sample.Events("a", 1_000).ToAsyncEnumerable())).Stored);

        var denied = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(
            () => Importer.ImportAsync(Sample.Events("b", 10).ToAsyncEnumerable(), new ImportOptions { Atomic = true }));
        Assert.AreEqual(UnavailableReason.PermissionDenied, denied.Reason);
        Assert.IsEmpty(await _store.StreamAsync("b"));
    }

    [TestMethod]
    public async Task It_subscribes_by_name_parks_replays_drops_rebuilds_pauses_and_takes_over()
    {
        await _store.Events.StoreAsync(Sample.Events("a", 5));
        var (inbox, broken) = (new Inbox(), true);
        inbox.Fail(() => broken, 3);
        await using (var host = await SubscribingHost.StartAsync(WriterString, inbox, options => (options.Retries, options.OnFailure) = (0, FailurePolicy.Park)))
        {
            await host.WaitUntilProcessedAsync(new EventVersion(5));
            await host.UntilParkedAsync(parked => parked.Count == 3);
            broken = false;
            await host.Subscriptions.DropParkedAsync(SubscribingHost.Name, new EventVersion(5));
            await host.Subscriptions.ReplayParkedAsync(SubscribingHost.Name);
            await inbox.WaitForAsync(4);
            await host.Subscriptions.PauseAsync(SubscribingHost.Name);
            await host.WaitForAsync(SubscriptionStatus.Paused);
            await host.Subscriptions.ResumeAsync(SubscribingHost.Name);
            await host.Subscriptions.RebuildAsync(SubscribingHost.Name);
            await inbox.WaitForAsync(9);
        }

        await using var next = await SubscribingHost.StartAsync(WriterString, inbox);
        var stored = await next.Store.StoreAsync(Sample.Event("a"));
        await next.WaitUntilProcessedAsync(stored.Version);
        Assert.AreEqual(stored.Version, (await next.InfoAsync()).Checkpoint);
    }

    [TestMethod]
    public async Task It_waits_for_an_open_append_and_names_who_holds_it()
    {
        await _store.Events.StoreAsync(Sample.Event("a"));
        await using var held = await HeldTransaction.BeginAsync(_database.ConnectionString);
        await using var other = await RawSql.ConnectAsync(_database.ConnectionString);
        await other.RunAsync("INSERT INTO events (id, aggregate_id, event_type) VALUES ('behind', 'b', 'T')");
        var mark = _store.Services.GetRequiredService<ISettledMark>();
        var reading = _store.Events.LoadAsync(EventVersion.Zero).ToListAsync().AsTask();
        while (mark.Holder is null && !reading.IsCompleted)
        {
            await Task.Delay(5);
        }

        Assert.IsNotNull(mark.Holder);
        await held.DisposeAsync();
        Assert.IsGreaterThan(1, (await reading).Count);
    }

    [TestMethod]
    public async Task It_is_told_what_it_may_not()
    {
        var migrate = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(async () =>
        {
            await using var owner = await RawSql.ConnectAsync(_database.ConnectionString);
            await owner.RunAsync("DROP TRIGGER events_audit_delete_trigger ON events");
            await EventStoreSchema.MigrateAsync(WriterString);
        });

        Assert.AreEqual(UnavailableReason.PermissionDenied, migrate.Reason);
    }
}
