using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SyncKit.EfStore.Tests.Notifications;
using SyncKit.EfStore.Tests.Subscriptions.Named;

namespace SyncKit.EfStore.Tests.Hosting;

/// <summary>Everything but LISTEN goes through a real PgBouncer in transaction mode.</summary>
[TestClass]
public sealed class PgBouncerTests
{
    public required TestContext TestContext { get; set; }

    [TestMethod]
    [DataRow("", false)]
    [DataRow(";Max Auto Prepare=0", true)]
    public async Task Store_import_queries_and_subscriptions_work_through_it_with_a_direct_listener(string keywords, bool prepared)
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync(TestContext.CancellationToken);
        await using var pooler = await PgBouncer.StartAsync(database.ConnectionString, "transaction");
        var inbox = new Inbox();
        await using var host = await SubscribingHost.StartAsync(pooler.ConnectionString + keywords, inbox, store: options =>
        {
            options.EnablePreparedStatements = prepared;
            options.ListenerConnectionString = database.ConnectionString;
        });

        // More at once than the pooler has connections of its own, so that sessions change hands.
        var appends = Enumerable.Range(0, 200).Select(n => host.Store.StoreAsync(Sample.Event($"stream-{n % 7}", n), TestContext.CancellationToken));
        await Task.WhenAll(appends);
        var imported = await host.Services.GetRequiredService<EventImporter>().ImportAsync(
            Enumerable.Range(0, 500).Select(n => Sample.Event($"imported-{n % 3}", n)).ToAsyncEnumerable(), cancellationToken: TestContext.CancellationToken);
        var latest = await host.Store.GetLatestVersionAsync(TestContext.CancellationToken);
        await host.Subscriptions.WaitUntilProcessedAsync(SubscribingHost.Name, latest, TestContext.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60));

        Assert.AreEqual(500, imported.Stored);
        Assert.AreEqual(ListenerStatus.Live, host.Store.ListenerState.Status);
        var log = await host.Store.LoadAsync(EventVersion.Zero, cancellationToken: TestContext.CancellationToken).ToListAsync(TestContext.CancellationToken);
        Assert.HasCount(700, log);
        CollectionAssert.AreEqual(log.Select(stored => stored.Version.Value).ToArray(), inbox.Versions.ToArray());
        await using var db = await host.Services.GetRequiredService<IDbContextFactory<EventStoreDbContext>>().CreateDbContextAsync(TestContext.CancellationToken);
        Assert.AreEqual(700, await db.Events.CountAsync(TestContext.CancellationToken));
    }
}
