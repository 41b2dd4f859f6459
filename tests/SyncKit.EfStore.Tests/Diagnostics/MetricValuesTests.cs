using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SyncKit.EfStore.Tests.Appending.DbContexts;
using SyncKit.EfStore.Tests.Notifications;
using SyncKit.EfStore.Tests.Subscriptions.Named;

namespace SyncKit.EfStore.Tests.Diagnostics;

/// <summary>That the figures are right, not only there.</summary>
[TestClass]
public sealed class MetricValuesTests : SubscriptionDatabase
{
    [TestMethod]
    public async Task Appends_events_conflicts_groups_and_durations_add_up()
    {
        await using var store = new TestStore(ConnectionString);
        using var meter = new StoreMeter(store.Services);

        await Task.WhenAll(Enumerable.Range(0, 40).Select(number => store.Events.StoreAsync(Sample.Events($"s{number}", 2))));
        var given = Sample.Event("s0");
        await store.Events.StoreAsync(given);
        Assert.IsTrue((await store.Events.StoreAsync(given)).AlreadyStored);
        await Assert.ThrowsExactlyAsync<WrongExpectedVersionException>(() => store.Events.AppendAsync([Sample.Event("s0")], ExpectedVersion.NoStream));
        var read = await store.Events.LoadAsync(EventVersion.Zero).CountAsync();

        Assert.AreEqual(81, read);
        Assert.AreEqual((41, 81, 1), (meter.Sum("synckit.appends"), meter.Sum("synckit.events"), meter.Sum("synckit.conflicts")));
        Assert.AreEqual(41, meter.Sum("synckit.append.group_size"));
        Assert.HasCount(43, meter.Recorded("synckit.append.duration"));
        Assert.HasCount(1, meter.Recorded("synckit.append.duration", $"error.type={typeof(WrongExpectedVersionException).FullName}"));
        Assert.HasCount(1, meter.Recorded("synckit.read.duration"));
        Assert.IsTrue(meter.Recorded("synckit.append.duration").All(seconds => seconds is > 0 and < 60));
    }

    [TestMethod]
    public async Task What_a_context_saves_is_counted_and_what_it_fails_to_save_is_not()
    {
        var services = new ServiceCollection();
        services.AddPostgresEventStore(ConnectionString).UseInDbContext<ShopDbContext>();
        services.AddDbContext<ShopDbContext>(options => options.UseNpgsql(ConnectionString));
        await using var provider = services.BuildServiceProvider();
        using var meter = new StoreMeter(provider);
        await using var scope = provider.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ShopDbContext>();

        db.AppendEvents(Sample.Events("saved", 3), ExpectedVersion.NoStream);
        await db.SaveChangesAsync();
        db.AppendEvents(Sample.Events("saved", 1), ExpectedVersion.NoStream);
        await Assert.ThrowsExactlyAsync<WrongExpectedVersionException>(() => db.SaveChangesAsync());

        Assert.AreEqual((1, 3, 1), (meter.Sum("synckit.appends"), meter.Sum("synckit.events"), meter.Sum("synckit.conflicts")));
    }

    [TestMethod]
    public async Task A_subscription_that_has_stopped_is_behind_by_what_comes_and_grows_older()
    {
        var broken = true;
        Inbox.Fail(() => broken, 3);
        await using var host = await SubscribingHost.StartAsync(
            ConnectionString, Inbox, options => options.Retries = 1, options => options.PollInterval = TimeSpan.FromMilliseconds(100));
        using var meter = new StoreMeter(host.Services);
        const string Tag = $"subscription={SubscribingHost.Name}";
        await FillAsync(5);
        await host.WaitForAsync(SubscriptionStatus.Faulted);

        Assert.AreEqual(1, meter.Gauge("synckit.subscription.state", $"{Tag} state=Faulted"));
        Assert.AreEqual(0, meter.Gauge("synckit.subscription.state", $"{Tag} state=Live"));
        Assert.AreEqual(3, meter.Gauge("synckit.subscription.lag.versions", Tag));
        var age = meter.Gauge("synckit.subscription.lag.duration", Tag);
        await host.Store.StoreAsync(Sample.Events("more", 10));
        await meter.UntilAsync("synckit.subscription.lag.versions", Tag, lag => lag == 13);
        await meter.UntilAsync("synckit.subscription.lag.duration", Tag, now => now > age);

        broken = false;
        await host.Subscriptions.ResumeAsync(SubscribingHost.Name);
        await host.WaitUntilProcessedAsync(new EventVersion(15));
        await meter.UntilAsync("synckit.subscription.lag.duration", Tag, now => now == 0);
        Assert.AreEqual(0, meter.Gauge("synckit.subscription.lag.versions", Tag));
        Assert.AreEqual(15, meter.Sum("synckit.subscription.events", Tag));
    }

    [TestMethod]
    public async Task A_parked_stream_is_counted_with_what_is_behind_and_blocked_until_it_is_replayed()
    {
        await FillAsync(1);
        var go = new TaskCompletionSource();
        var broken = true;
        Inbox.Before = async (stored, _) =>
        {
            await go.Task;
            if (broken && stored.Version.Value == 1)
            {
                throw new FormatException("poison");
            }
        };
        await using var host = await SubscribingHost.StartAsync(ConnectionString, Inbox, options => (options.Retries, options.OnFailure) = (2, FailurePolicy.Park));
        using var meter = new StoreMeter(host.Services);
        var last = await host.Store.StoreAsync([Sample.Event("s0"), Sample.Event("s0"), Sample.Event("other")]);
        go.SetResult();
        await host.WaitUntilProcessedAsync(last.Version);

        Assert.AreEqual((3, 2), (meter.Sum("synckit.subscription.parked"), meter.Sum("synckit.subscription.retries")));
        Assert.AreEqual(1, meter.Gauge("synckit.subscription.blocked_streams"));
        broken = false;
        await host.Subscriptions.ReplayParkedAsync(SubscribingHost.Name);
        await meter.UntilAsync("synckit.subscription.blocked_streams", "", streams => streams == 0);
        Assert.AreEqual(4, meter.Sum("synckit.subscription.events"));
    }

    [TestMethod]
    public async Task Only_the_active_instance_tells_of_lag()
    {
        await using var active = await StartAsync();
        await active.WaitForAsync(SubscriptionStatus.Live);
        await using var other = await StartAsync();
        await other.WaitForAsync(SubscriptionStatus.Standby);
        using var meter = new StoreMeter(other.Services);

        Assert.AreEqual(1, meter.Gauge("synckit.subscription.state", "state=Standby"));
        Assert.IsNull(meter.Gauge("synckit.subscription.lag.versions"));
    }

    [TestMethod]
    public async Task The_listener_is_live_loses_its_connection_and_is_live_again_and_delays_are_those_of_events_told_of()
    {
        await using var host = await ListeningHost.StartAsync(ConnectionString);
        using var meter = new StoreMeter(host.Services);
        var seen = host.ObserveAll();
        await host.AllInPlaceAsync();
        await meter.UntilAsync("synckit.listener.state", "state=Live", live => live == 1);
        Assert.AreEqual(0, meter.Gauge("synckit.listener.state", "state=Reconnecting"));

        await host.Store.StoreAsync(new EventData("dated", "Tested") { CreatedAt = DateTimeOffset.UtcNow.AddYears(-1) });
        await host.MarkAsync(seen);
        Assert.AreEqual(2, meter.Sum("synckit.notifications.shown"));
        Assert.IsLessThan(60, meter.Recorded("synckit.notifications.delay").Single());

        await host.KillListenerAsync();
        await meter.UntilAsync("synckit.listener.state", "state=Live", _ => meter.Sum("synckit.listener.reconnects") > 0);
        await meter.UntilAsync("synckit.listener.state", "state=Live", live => live == 1);
    }

    [TestMethod]
    public async Task Switched_off_nothing_is_measured_and_everything_works()
    {
        await using var host = await SubscribingHost.StartAsync(ConnectionString, Inbox, configure: null, options => options.EnableMetrics = false);
        using var meter = new StoreMeter(host.Services);

        var stored = await host.Store.StoreAsync(Sample.Event("quiet"));
        await host.WaitUntilProcessedAsync(stored.Version);

        Assert.IsNull(meter.Gauge("synckit.subscription.lag.versions"));
        Assert.AreEqual(0, meter.Sum("synckit.appends"));
    }
}
