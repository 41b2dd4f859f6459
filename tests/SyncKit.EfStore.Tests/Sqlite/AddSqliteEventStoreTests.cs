using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using SyncKit.EfStore.Sqlite;

namespace SyncKit.EfStore.Tests.Sqlite;

[TestClass]
public sealed class AddSqliteEventStoreTests
{
    [TestMethod]
    public async Task A_path_is_all_that_is_needed()
    {
        using var file = new SqliteFile();
        await using (var services = new ServiceCollection().AddSqliteEventStore(file.Path).BuildServiceProvider(Strict))
        {
            var store = services.GetRequiredService<IEventStore>();

            Assert.AreEqual(1, (await store.StoreAsync(Sample.Event("a"))).Version.Value);
            Assert.AreSame(store, services.GetRequiredService<SqliteEventStore>());
        }

        CollectionAssert.AreEqual((string[])[file.Path], Directory.GetFiles(file.Folder), "the container did not close the file");
    }

    [TestMethod]
    public void A_container_may_be_disposed_synchronously()
    {
        using var file = new SqliteFile();
        using var services = new ServiceCollection().AddSqliteEventStore(file.Path).BuildServiceProvider(Strict);
        services.GetRequiredService<IEventStore>();
    }

    [TestMethod]
    public void Calls_add_up_and_a_section_binds_by_name()
    {
        var section = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Path"] = "bound.db",
            ["ReadOnly"] = "true",
            ["CreateIfMissing"] = "false",
            ["BusyTimeout"] = "00:00:05",
            ["BatchSize"] = "7",
            ["MaxJsonBytes"] = "2048",
        }).Build();
        using var services = new ServiceCollection().AddSqliteEventStore(section).AddSqliteEventStore(options => options.BatchSize++).BuildServiceProvider(Strict);

        var options = services.GetRequiredService<IOptions<SqliteEventStoreOptions>>().Value;

        Assert.AreEqual(
            ("bound.db", true, false, TimeSpan.FromSeconds(5), 8, 2048),
            (options.Path, options.ReadOnly, options.CreateIfMissing, options.BusyTimeout, options.BatchSize, options.MaxJsonBytes));
        Assert.HasCount(1, services.GetServices<IEventStore>().ToArray());
    }

    [TestMethod]
    public async Task Beside_another_store_it_is_found_by_its_own_type()
    {
        using var file = new SqliteFile();
        await using var services = new ServiceCollection().AddLogging().AddPostgresEventStore("Host=nowhere").Services
            .AddSqliteEventStore(file.Path).BuildServiceProvider(Strict);

        Assert.IsInstanceOfType<IRealtimeEventStore>(services.GetRequiredService<IEventStore>());
        Assert.AreEqual(EventVersion.Zero, await services.GetRequiredService<SqliteEventStore>().GetLatestVersionAsync());
    }

    [TestMethod]
    public async Task Every_fault_is_reported_at_once_when_the_host_starts()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSqliteEventStore(options => (options.BusyTimeout, options.BatchSize, options.MaxJsonBytes) = (TimeSpan.Zero, 0, 100_000_001));
        using var host = builder.Build();

        var refused = await Assert.ThrowsExactlyAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.AreEqual(
            string.Join(
                "; ",
                "SqliteEventStoreOptions.Path is not set. Name the SQLite file that holds the events.",
                "SqliteEventStoreOptions.BusyTimeout must be from 00:00:00.0100000 to 01:00:00; it is 00:00:00.",
                "SqliteEventStoreOptions.BatchSize must be from 1 to 100000; it is 0.",
                "SqliteEventStoreOptions.MaxJsonBytes must be from 1024 to 100000000; it is 100000001."),
            refused.Message);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("  ")]
    [DataRow(":memory:")]
    [DataRow(":MEMORY:")]
    [DataRow("file:events.db?mode=memory")]
    [DataRow("a\0b")]
    public void What_is_no_file_is_refused(string path) =>
        Assert.Contains("SqliteEventStoreOptions.Path", Assert.ThrowsExactly<OptionsValidationException>(() => new SqliteEventStore(path)).Message);

    [TestMethod]
    [DataRow("events.db; Mode=Memory; Cache=Shared")]
    [DataRow("it's \"an\" odd=name; 日本 %20 ?mode=ro#x.db")]
    public async Task A_path_is_a_path_whatever_it_looks_like(string name)
    {
        using var file = new SqliteFile();
        var path = Path.Combine(file.Folder, name);
        await using (var store = new SqliteEventStore(path))
        {
            await store.StoreAsync(Sample.Event("a"));
        }

        CollectionAssert.AreEqual((string[])[path], Directory.GetFiles(file.Folder));
    }

    private static ServiceProviderOptions Strict => new() { ValidateOnBuild = true, ValidateScopes = true };
}
