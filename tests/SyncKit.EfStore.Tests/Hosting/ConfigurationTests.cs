using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using SyncKit.EfStore.Subscriptions.Named;

namespace SyncKit.EfStore.Tests.Hosting;

/// <summary>Every option can come from appsettings.json and from the environment.</summary>
[TestClass]
public sealed class ConfigurationTests
{
    [TestMethod]
    public void The_section_EventStore_of_a_file_and_of_the_environment_is_read()
    {
        var folder = Directory.CreateTempSubdirectory("synckit-settings-").FullName;
        var variable = $"SYNCKIT{Guid.NewGuid():N}_";
        try
        {
            File.WriteAllText(Path.Combine(folder, "appsettings.json"), """
                {
                  "EventStore": {
                    "ConnectionString": "Host=from-file", "BatchSize": 7, "PollInterval": "00:00:03", "NotifyMode": "AfterCommit",
                    "Subscriptions": { "mails": { "OnFailure": "Park", "From": "Now", "Filter": { "EventTypes": ["A", "B"] }, "KnownEventTypes": ["A"] } }
                  }
                }
                """);
            Environment.SetEnvironmentVariable($"{variable}EventStore__BatchSize", "8");
            Environment.SetEnvironmentVariable($"{variable}EventStore__Subscriptions__mails__BatchSize", "9");
            var configuration = new ConfigurationBuilder()
                .AddJsonFile(Path.Combine(folder, "appsettings.json")).AddEnvironmentVariables(variable).Build();

            using var provider = Build(configuration, store => store.AddSubscription<Nothing>("mails", options => options.Retries = 1));
            var options = provider.GetRequiredService<IOptions<EventStoreOptions>>().Value;
            var mails = provider.GetServices<SubscriptionDefinition>().Single().Options;

            Assert.AreEqual(
                ("Host=from-file", 8, TimeSpan.FromSeconds(3), NotifyMode.AfterCommit),
                (options.ConnectionString, options.BatchSize, options.PollInterval, options.NotifyMode));
            Assert.AreEqual((FailurePolicy.Park, SubscriptionStart.Now, 9, 1), (mails.OnFailure, mails.From, mails.BatchSize, mails.Retries));
            Assert.AreEqual("A B", string.Join(' ', mails.Filter.EventTypes));
            Assert.AreEqual("A", mails.KnownEventTypes.Single());
        }
        finally
        {
            Environment.SetEnvironmentVariable($"{variable}EventStore__BatchSize", null);
            Environment.SetEnvironmentVariable($"{variable}EventStore__Subscriptions__mails__BatchSize", null);
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestMethod]
    public void Code_has_the_last_word_in_whatever_order_it_is_said()
    {
        var configuration = Settings(("EventStore:BatchSize", "7"), ("EventStore:MaxStreamChannels", "3"), ("EventStore:Subscriptions:s:Retries", "7"));
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration);
        services.Configure<EventStoreOptions>(options => options.BatchSize = 1);
        services.AddPostgresEventStore("Host=a").AddSubscription<Nothing>("s", options => options.Retries = 2);
        using var provider = services.BuildServiceProvider();

        var options = provider.GetRequiredService<IOptions<EventStoreOptions>>().Value;

        Assert.AreEqual((1, 3, 2), (options.BatchSize, options.MaxStreamChannels, provider.GetServices<SubscriptionDefinition>().Single().Options.Retries));
    }

    [TestMethod]
    public void Health_is_read_from_its_section_and_what_code_says_adds_up()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(Settings(("EventStore:Health:NotMovingAfter", "00:00:07"), ("EventStore:Health:Timeout", "00:00:07")));
        services.AddPostgresEventStore("Host=a");
        services.AddHealthChecks().AddPostgresEventStore(options => options.Timeout = TimeSpan.FromSeconds(3))
            .AddPostgresEventStore(options => options.HeldBackUnhealthyAfter = TimeSpan.FromSeconds(4));
        using var provider = services.BuildServiceProvider();

        var options = provider.GetRequiredService<IOptions<EventStoreHealthOptions>>().Value;

        Assert.AreEqual((7, 3, 4), (options.NotMovingAfter.Seconds, options.Timeout.Seconds, options.HeldBackUnhealthyAfter?.Seconds));
    }

    [TestMethod]
    public void A_section_that_the_application_names_is_read_instead_with_its_subscriptions()
    {
        var configuration = Settings(
            ("EventStore:BatchSize", "7"), ("EventStore:Subscriptions:s:BatchSize", "7"), ("Store:ConnectionString", "Host=a"), ("Store:Subscriptions:s:BatchSize", "4"));
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration);
        services.AddPostgresEventStore(configuration.GetSection("Store")).AddSubscription<Nothing>("s");
        using var provider = services.BuildServiceProvider();

        Assert.AreEqual(1000, provider.GetRequiredService<IOptions<EventStoreOptions>>().Value.BatchSize);
        Assert.AreEqual(4, provider.GetServices<SubscriptionDefinition>().Single().Options.BatchSize);
    }

    [TestMethod]
    [DataRow("BatchSize", "many", "'many' at 'EventStore:BatchSize'")]
    [DataRow("BatchSize", "0", "EventStoreOptions.BatchSize must be from 1 to 100000; it is 0.")]
    [DataRow("NotifyMode", "Sometimes", "'Sometimes' at 'EventStore:NotifyMode'")]
    [DataRow("PollInterval", "10 s", "'10 s' at 'EventStore:PollInterval'")]
    [DataRow("Subscriptions:s:From", "yesterday", "'yesterday' at 'EventStore:Subscriptions:s:From'")]
    [DataRow("Subscriptions:s:Retries", "101", "SubscriptionOptions.Retries of 's' must be from 0 to 100; it is 101.")]
    [DataRow("Health:Timeout", "00:02:00", "EventStoreHealthOptions.Timeout must be from 00:00:00.1000000 to 00:01:00; it is 00:02:00.")]
    public async Task A_value_that_cannot_be_is_named_when_the_host_starts(string key, string value, string message)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection([new($"EventStore:{key}", value)]);
        builder.Services.AddPostgresEventStore("Host=127.0.0.1;Port=1").AddSubscription<Nothing>("s");
        builder.Services.AddHealthChecks().AddPostgresEventStore();
        using var host = builder.Build();

        var refused = await Assert.ThrowsExactlyAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Contains(message, refused.Message);
    }

    [TestMethod]
    [DataRow("Beginning", 0L, false)]
    [DataRow("now", 0L, true)]
    [DataRow("4711", 4711L, false)]
    public void Configuration_says_where_a_subscription_begins(string text, long version, bool isNow)
    {
        using var provider = Build(Settings(("EventStore:Subscriptions:s:From", text)), store => store.AddSubscription<Nothing>("s"));

        var from = provider.GetServices<SubscriptionDefinition>().Single().Options.From;

        Assert.AreEqual((version, isNow), (from.Version.Value, from.IsNow));
    }

    [TestMethod]
    public async Task What_is_marked_as_reloaded_follows_the_configuration_of_a_running_host()
    {
        await using var database = await (await TestServer.GetAsync()).CreateDatabaseAsync();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection([new("EventStore:BatchSize", "100"), new("EventStore:PollInterval", "00:00:01")]);
        builder.Services.AddSingleton<Batches>().AddPostgresEventStore(database.ConnectionString).AddSubscription<BatchCounter>("batches");
        using var host = builder.Build();
        await host.StartAsync();
        var store = host.Services.GetRequiredService<IEventStore>();
        var subscriptions = host.Services.GetRequiredService<ISubscriptions>();
        var batches = host.Services.GetRequiredService<Batches>();
        var settings = (IConfigurationRoot)host.Services.GetRequiredService<IConfiguration>();

        Assert.AreEqual(1, await BatchesOfThreeAsync());

        Change(("BatchSize", "1"), ("MaxJsonBytes", "1024"), ("PollInterval", "00:00:05"));
        Assert.AreEqual(3, await BatchesOfThreeAsync());
        await Assert.ThrowsExactlyAsync<InvalidInputException>(() => store.StoreAsync(EventData.FromObject("big", "Tested", new string('x', 2000))));
        await Assert.ThrowsExactlyAsync<ImportException>(() => host.Services.GetRequiredService<EventImporter>().ImportAsync(
            new[] { EventData.FromObject("big", "Tested", new string('x', 2000)) }.ToAsyncEnumerable()));
        Assert.AreEqual(TimeSpan.FromSeconds(1), host.Services.GetRequiredService<IOptions<EventStoreOptions>>().Value.PollInterval);

        // Nothing is taken over of a configuration with a fault, and nobody is hurt by it.
        Change(("BatchSize", "100"), ("CommandTimeout", "00:00:00"));
        Assert.AreEqual(3, await BatchesOfThreeAsync());
        Change(("CommandTimeout", "soon"));
        Assert.AreEqual(3, await BatchesOfThreeAsync());

        Change(("CommandTimeout", null));
        Assert.AreEqual(1, await BatchesOfThreeAsync());
        await host.StopAsync();

        async Task<int> BatchesOfThreeAsync()
        {
            batches.Count = 0;
            var stored = await store.StoreAsync([Sample.Event("a"), Sample.Event("a"), Sample.Event("a")]);
            await subscriptions.WaitUntilProcessedAsync("batches", stored.Version).WaitAsync(TimeSpan.FromSeconds(60));
            return batches.Count;
        }

        void Change(params (string Option, string? Value)[] changes)
        {
            foreach (var (option, value) in changes)
            {
                settings[$"EventStore:{option}"] = value;
            }

            settings.Reload();
        }
    }

    private static ServiceProvider Build(IConfiguration configuration, Action<EventStoreBuilder> add)
    {
        var services = new ServiceCollection();
        services.AddSingleton(configuration);
        add(services.AddPostgresEventStore());
        return services.BuildServiceProvider();
    }

    private static IConfigurationRoot Settings(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(setting => setting.Key, string? (setting) => setting.Value)).Build();

    private sealed class Nothing : IEventHandler
    {
        public Task HandleAsync(StoredEvent stored, CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class Batches
    {
        internal volatile int Count;
    }

    /// <summary>Made once for each batch.</summary>
    private sealed class BatchCounter : IEventHandler
    {
        public BatchCounter(Batches batches) => Interlocked.Increment(ref batches.Count);

        public Task HandleAsync(StoredEvent stored, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
