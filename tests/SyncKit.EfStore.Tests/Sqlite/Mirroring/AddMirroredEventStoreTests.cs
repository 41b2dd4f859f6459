using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using SyncKit.EfStore.Sqlite;
using SyncKit.EfStore.Tests.Testing;

namespace SyncKit.EfStore.Tests.Sqlite.Mirroring;

[TestClass]
public sealed class AddMirroredEventStoreTests
{
    [TestMethod]
    public async Task The_mirror_of_the_registered_stores_is_the_applications_store()
    {
        using var folder = new TemporaryFolder();
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSqliteEventStore(Path.Combine(folder.Path, "events.db"));
        builder.Services.AddPostgresEventStore(TestRoles.ForStore(database.ConnectionString));
        builder.Services.AddMirroredEventStore(
            first: provider => MirrorPlace.Of(provider.GetRequiredService<SqliteEventStore>()),
            second: provider => MirrorPlace.Of(
                "postgres", provider.GetRequiredService<IRealtimeEventStore>(), provider.GetRequiredService<PostgresEventLog>()),
            options => options.StateFile = Path.Combine(folder.Path, "mirror.json"));
        using var host = builder.Build();
        await host.StartAsync();

        var store = host.Services.GetRequiredService<IEventStore>();
        var mirror = host.Services.GetRequiredService<MirroredEventStore>();
        var appended = await store.StoreAsync(Sample.Event("a"));
        await mirror.WaitUntilFollowedAsync(appended.Version);

        Assert.AreSame(mirror, store);
        Assert.AreEqual("sqlite", mirror.Status.Leader);
        var followed = await host.Services.GetRequiredService<IRealtimeEventStore>().LoadAsync(EventVersion.Zero).SingleAsync();
        Assert.AreEqual(appended.Events[0].Id, followed.Id);
        await host.StopAsync();
    }

    [TestMethod]
    public void All_faults_of_the_options_are_reported_at_once()
    {
        var place = new MirrorPlace("a", null!, null!, null!);
        var options = new MirrorOptions
        {
            Leader = (MirrorSide)2,
            PollInterval = TimeSpan.FromMilliseconds(9),
            MaxRetryDelay = TimeSpan.FromHours(2),
            SwitchTimeout = TimeSpan.Zero,
        };

        var refused = Assert.ThrowsExactly<OptionsValidationException>(() => new MirroredEventStore(place, place, options));

        CollectionAssert.AreEqual(
            (string[])
            [
                "MirrorOptions.StateFile is not set. Name a file that remembers which place leads.",
                "MirrorOptions.Leader must be First or Second; it is 2.",
                "MirrorOptions.PollInterval must be from 00:00:00.0100000 to 01:00:00; it is 00:00:00.0090000.",
                "MirrorOptions.MaxRetryDelay must be from 00:00:00.0100000 to 01:00:00; it is 02:00:00.",
                "MirrorOptions.SwitchTimeout must be from 00:00:00.0100000 to 01:00:00; it is 00:00:00.",
            ],
            refused.Failures.ToArray());
    }
}
