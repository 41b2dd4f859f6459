using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;
using SyncKit.EfStore.Storage;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Hosting;

[TestClass]
public sealed class AddPostgresEventStoreTests
{
    private static PostgresDatabase _database = null!;

    [ClassInitialize]
    public static async Task Open(TestContext context) =>
        _database = await (await TestServer.GetAsync()).CreateDatabaseAsync(context.CancellationToken);

    [ClassCleanup]
    public static async Task Close() => await _database.DisposeAsync();

    [TestMethod]
    public async Task Options_are_bound_from_a_section()
    {
        var configuration = Configuration(
            ("Store:ConnectionString", _database.ConnectionString),
            ("Store:BatchSize", "7"),
            ("Store:CommandTimeout", "00:00:12"),
            ("Store:MaxPoolSize", "3"),
            ("Store:NotifyMode", "AfterCommit"),
            ("Store:EnablePreparedStatements", "false"));
        var services = new ServiceCollection();
        services.AddPostgresEventStore(configuration.GetSection("Store"));
        await using var provider = services.BuildServiceProvider();

        var options = provider.GetRequiredService<IOptions<EventStoreOptions>>().Value;

        Assert.AreEqual(
            (7, (TimeSpan?)TimeSpan.FromSeconds(12), 3, NotifyMode.AfterCommit, false),
            (options.BatchSize, options.CommandTimeout, options.MaxPoolSize, options.NotifyMode, options.EnablePreparedStatements));
        await AssertWorksAsync(provider);
    }

    [TestMethod]
    public async Task The_connection_string_named_EventStore_is_taken_where_none_is_given()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(Configuration(("ConnectionStrings:EventStore", _database.ConnectionString)));
        services.AddPostgresEventStore();
        await using var provider = services.BuildServiceProvider();

        await AssertWorksAsync(provider);
    }

    [TestMethod]
    public void A_connection_string_given_in_code_wins()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(Configuration(("ConnectionStrings:EventStore", "Host=configured")));
        services.AddPostgresEventStore("Host=given");
        using var provider = services.BuildServiceProvider();

        Assert.AreEqual("Host=given", provider.GetRequiredService<IOptions<EventStoreOptions>>().Value.ConnectionString);
    }

    [TestMethod]
    public async Task Adding_it_twice_adds_the_options_up_and_the_services_once()
    {
        var services = new ServiceCollection();
        services.AddPostgresEventStore(_database.ConnectionString);
        var once = services.Count(service => service.ServiceType != typeof(IConfigureOptions<EventStoreOptions>)
            && service.ServiceType != typeof(IPostConfigureOptions<EventStoreOptions>));
        services.AddPostgresEventStore(options => options.BatchSize = 5);
        await using var provider = services.BuildServiceProvider();

        var options = provider.GetRequiredService<IOptions<EventStoreOptions>>().Value;

        Assert.AreEqual((_database.ConnectionString, 5), (options.ConnectionString, options.BatchSize));
        Assert.HasCount(1, provider.GetServices<IEventStore>());
        Assert.HasCount(provider.GetServices<IHostedService>().DistinctBy(service => service.GetType()).Count(), provider.GetServices<IHostedService>());
        Assert.HasCount(1, services.Where(service => service.ServiceType == typeof(IValidateOptions<EventStoreOptions>)
            && service.ImplementationType?.Assembly == typeof(EventStoreOptions).Assembly));
        Assert.IsGreaterThan(0, once);
        await AssertWorksAsync(provider);
    }

    [TestMethod]
    public void A_store_the_application_registered_before_wins()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IEventStore>(_ => null!);
        services.AddPostgresEventStore("Host=localhost");

        Assert.HasCount(1, services.Where(service => service.ServiceType == typeof(IEventStore)));
    }

    [TestMethod]
    public async Task A_handed_in_data_source_is_used_and_not_disposed()
    {
        await using var source = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(_database.ConnectionString) { ApplicationName = "handed in" }.ConnectionString);
        var services = new ServiceCollection();
        services.AddPostgresEventStore(options => options.DataSource = source);
        await using (var provider = services.BuildServiceProvider())
        {
            await AssertWorksAsync(provider);
            await using var db = await provider.GetRequiredService<IDbContextFactory<EventStoreDbContext>>().CreateDbContextAsync();
            Assert.AreEqual(
                "handed in", (await db.Database.SqlQuery<string>($"SELECT current_setting('application_name') AS \"Value\"").ToListAsync()).Single());
        }

        await using var connection = await source.OpenConnectionAsync();
        Assert.AreEqual(1, await connection.ScalarAsync<int>("SELECT 1"));
    }

    [TestMethod]
    public async Task Without_prepared_statements_it_works_the_same()
    {
        await using var store = new TestStore(_database.ConnectionString, options => options.EnablePreparedStatements = false);
        var stream = Sample.Stream();

        for (var i = 0; i < 10; i++)
        {
            await store.Events.StoreAsync(Sample.Event(stream, i));
        }

        Assert.HasCount(10, await store.StreamAsync(stream));
        await using var connection = await store.Services.GetRequiredService<EventStoreConnections>().OpenAsync(default);
        Assert.AreEqual(0, await connection.ScalarAsync<long>("SELECT count(*) FROM pg_prepared_statements"));
    }

    [TestMethod]
    public async Task Statements_are_prepared_unless_told_otherwise()
    {
        await using var store = new TestStore(_database.ConnectionString, options => options.MaxPoolSize = 1);
        var stream = Sample.Stream();

        for (var i = 0; i < 10; i++)
        {
            await store.Events.StoreAsync(Sample.Event(stream, i));
        }

        await using var connection = await store.Services.GetRequiredService<EventStoreConnections>().OpenAsync(default);
        Assert.IsGreaterThan(0, await connection.ScalarAsync<long>("SELECT count(*) FROM pg_prepared_statements"));
    }

    [TestMethod]
    public async Task What_an_application_leaves_in_a_session_never_reaches_the_store()
    {
        await using var store = new TestStore(_database.ConnectionString, options => options.MaxPoolSize = 1);
        await using (var db = store.CreateContext())
        {
            await db.Database.OpenConnectionAsync();
            await db.Database.ExecuteSqlAsync($"SET search_path = nowhere");
        }

        await store.Events.StoreAsync(Sample.Event(Sample.Stream()));
        await using var later = store.CreateContext();
        Assert.IsGreaterThan(0, await later.Events.CountAsync());
    }

    [TestMethod]
    public async Task Bad_options_fail_the_start_of_a_host()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddPostgresEventStore(options => options.BatchSize = 0);
        using var host = builder.Build();

        var refused = await Assert.ThrowsExactlyAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.HasCount(2, refused.Failures);
    }

    [TestMethod]
    public async Task A_missing_database_does_not_fail_the_start_of_a_host_unless_it_is_asked_to()
    {
        var missing = new NpgsqlConnectionStringBuilder(_database.ConnectionString) { Database = "no_such_database" }.ConnectionString;
        using (var host = Build(_ => { }))
        {
            await host.StartAsync();
            await host.StopAsync();
        }

        using var strict = Build(options => options.RequireSchemaAtStart = true);
        var error = await Assert.ThrowsExactlyAsync<EventStoreUnavailableException>(() => strict.StartAsync());
        Assert.AreEqual(UnavailableReason.DatabaseMissing, error.Reason);

        IHost Build(Action<EventStoreOptions> configure)
        {
            var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
            builder.Services.AddPostgresEventStore(options =>
            {
                options.ConnectionString = missing;
                configure(options);
            });
            return builder.Build();
        }
    }

    [TestMethod]
    public async Task A_host_migrates_at_its_start_where_it_is_told_to()
    {
        await using var empty = await (await TestServer.GetAsync()).CreateEmptyDatabaseAsync();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddPostgresEventStore(options => (options.ConnectionString, options.MigrateAtStart) = (empty.ConnectionString, true));
        using var host = builder.Build();

        await host.StartAsync();

        await AssertWorksAsync(host.Services);
        await host.StopAsync();
    }

    private static async Task AssertWorksAsync(IServiceProvider provider) =>
        Assert.AreEqual(1, (await provider.GetRequiredService<IEventStore>().StoreAsync(Sample.Event(Sample.Stream()))).StreamVersion);

    private static IConfigurationRoot Configuration(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(setting => setting.Key, string? (setting) => setting.Value)).Build();
}
