using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SyncKit.EfStore.Hosting;
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
    [DataRow("BatchSize", "0", "EventStore:BatchSize must be from 1 to 100000; it is 0.")]
    [DataRow("NotifyMode", "Sometimes", "'Sometimes' at 'EventStore:NotifyMode'")]
    [DataRow("PollInterval", "10 s", "'10 s' at 'EventStore:PollInterval'")]
    [DataRow("PollInterval", "10", "'10' at 'EventStore:PollInterval' is no time; write 00:00:10 for seconds or 10.00:00:00 for days.")]
    [DataRow("Subscriptions:s:From", "yesterday", "'yesterday' at 'EventStore:Subscriptions:s:From'")]
    [DataRow("Subscriptions:s:Retries", "101", "EventStore:Subscriptions:s:Retries must be from 0 to 100; it is 101.")]
    [DataRow("Health:Timeout", "00:02:00", "EventStore:Health:Timeout must be from 00:00:00.1000000 to 00:01:00; it is 00:02:00.")]
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
    [DataRow(typeof(IOptions<EventStoreOptions>), "")]
    [DataRow(typeof(IOptions<EventStoreHealthOptions>), "")]
    [DataRow(typeof(IEnumerable<SubscriptionDefinition>), "")]
    [DataRow(typeof(IEnumerable<IHostedService>), "")]
    [DataRow(typeof(IEnumerable<IHostedService>), "Shop:")]
    public void Every_fault_of_every_section_is_named_at_once_by_its_key_whatever_is_asked_for_first(Type service, string above)
    {
        (string Key, string Value)[] said =
        [
            ("BatchSize", "0"), ("MaxPoolSize", "abc"), ("NotifyMode", "xyz"), ("CommandTimeout", "00:00:01.5"), ("MaxJsonBytes", "5"),
            ("Subscriptions:mails:Retries", "-1"), ("Subscriptions:mails:BatchSize", "few"), ("Subscriptions:bills:OnFailure", "7"),
            ("Health:Timeout", "00:00:00"), ("Health:NotMovingAfter", "soon"),
        ];
        var configuration = Settings([.. said.Select(setting => ($"{above}EventStore:{setting.Key}", setting.Value))]);
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration);
        services.Configure<EventStoreOptions>(options => options.MaxJsonBytes = 7);
        var store = above.Length == 0
            ? services.AddPostgresEventStore()
            : services.AddPostgresEventStore(configuration.GetSection(above + "EventStore"));
        store.AddSubscription<Nothing>("mails").AddSubscription<Nothing>("bills").Services
            .AddHealthChecks().AddPostgresEventStore(options => options.HeldBackUnhealthyAfter = TimeSpan.FromSeconds(5));
        using var provider = services.BuildServiceProvider();

        var refused = Assert.ThrowsExactly<OptionsValidationException>(() => _ = provider.GetRequiredService(service) switch
        {
            IOptions<EventStoreOptions> options => options.Value,
            IOptions<EventStoreHealthOptions> options => options.Value,
            var other => other,
        });

        string[] expected =
        [
            $"Failed to convert configuration value 'abc' at '{above}EventStore:MaxPoolSize' to type",
            $"Failed to convert configuration value 'xyz' at '{above}EventStore:NotifyMode' to type",
            "EventStoreOptions.ConnectionString is not set.",
            $"{above}EventStore:CommandTimeout must be whole seconds; it is 00:00:01.5000000.",
            $"{above}EventStore:BatchSize must be from 1 to 100000; it is 0.",
            "EventStoreOptions.MaxJsonBytes must be from 1024 to 100000000; it is 7.",
            $"Failed to convert configuration value 'few' at '{above}EventStore:Subscriptions:mails:BatchSize' to type",
            $"{above}EventStore:Subscriptions:mails:Retries must be from 0 to 100; it is -1.",
            $"{above}EventStore:Subscriptions:bills:OnFailure must be Stop, Skip, Park; it is 7.",
            $"Failed to convert configuration value 'soon' at '{above}EventStore:Health:NotMovingAfter' to type",
            $"{above}EventStore:Health:Timeout must be from 00:00:00.1000000 to 00:01:00; it is 00:00:00.",
        ];
        var faults = refused.Failures.ToArray();
        Assert.HasCount(expected.Length, faults, refused.Message);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.StartsWith(expected[i], faults[i]);
        }
    }

    [TestMethod]
    [DataRow("")]
    [DataRow(" ")]
    public void A_blank_connection_string_does_not_hide_that_of_the_host(string blank)
    {
        using var provider = Build(
            Settings(
                ("EventStore:ConnectionString", blank),
                ("EventStore:ListenerConnectionString", blank),
                ("ConnectionStrings:EventStore", "Host=a")),
            _ => { });

        var options = provider.GetRequiredService<IOptions<EventStoreOptions>>().Value;

        Assert.AreEqual(("Host=a", null), (options.ConnectionString, options.ListenerConnectionString));
    }

    [TestMethod]
    public void A_fault_of_the_hosts_connection_string_is_named_by_its_key()
    {
        using var provider = Build(Settings(("ConnectionStrings:EventStore", "Database=no host")), _ => { });

        var refused = Assert.ThrowsExactly<OptionsValidationException>(() => provider.GetRequiredService<IOptions<EventStoreOptions>>().Value);

        Assert.AreEqual("ConnectionStrings:EventStore must name a Host; it names none.", refused.Message);
    }

    [TestMethod]
    public async Task What_the_configuration_says_in_vain_is_warned_of_once_without_its_values()
    {
        var configuration = Settings(
            ("Store:ConnectionString", "Host=a"), ("Store:MaxPoolsize2", "secret"), ("Store:batchsize", "7"), ("Store:DataSource", "secret"),
            ("Store:Subscriptions:mial:Retries", "1"), ("Store:Subscriptions:mail:Retrys", "1"),
            ("Store:Subscriptions:mail:Filter:EventTypes:0", "T"), ("Store:Subscriptions:mail:Filter:EventType", "secret"),
            ("Store:Subscriptions:a:b:Retries", "1"), ("Store:Health:Timeouts", "secret"));

        CollectionAssert.AreEqual(
            new[]
            {
                "404 The configuration has no section 'Stores', which the event store was told to read.",
                "403 The configuration says what no option of the event store is called, and it has no effect: "
                    + "Store:DataSource, Store:MaxPoolsize2 (did you mean MaxPoolSize?), Store:Health:Timeouts (did you mean Timeout?), "
                    + "Store:Subscriptions:mial (did you mean mail?), Store:Subscriptions:mail:Retrys (did you mean Retries?), "
                    + "Store:Subscriptions:mail:Filter:EventType (did you mean EventTypes?).",
            },
            await WarningsAsync(configuration.GetSection("Store"), configuration.GetSection("Stores")));
        Assert.IsEmpty(await WarningsAsync(Settings(("Store:Subscriptions:a:b:Retries", "1")).GetSection("Store")));

        static async Task<string[]> WarningsAsync(params IConfigurationSection[] sections)
        {
            var services = new ServiceCollection();
            var warnings = new Warnings();
            services.AddLogging(logging => logging.AddProvider(warnings));
            foreach (var section in sections)
            {
                services.AddPostgresEventStore(section);
            }

            services.AddPostgresEventStore("Host=a").AddSubscription<Nothing>("mail").AddSubscription<Nothing>("a:b");
            await using var provider = services.BuildServiceProvider();
            await provider.GetServices<IHostedService>().OfType<SettingsWarning>().Single().StartAsync(CancellationToken.None);
            return [.. warnings.Lines];
        }
    }

    [TestMethod]
    public void A_whole_configuration_handed_in_as_a_section_is_shared_with_others()
    {
        var configuration = Settings(("PATH", "/bin"), ("BatchSizes", "1"), ("Health:Timeouts", "1"));

        Assert.AreEqual("Health:Timeouts (did you mean Timeout?)", string.Join(", ", UnknownSettings.Of(configuration, [])));
        var whole = Settings(("ConnectionString", "Host=a"), ("BatchSize", "7"));
        using var provider = new ServiceCollection().AddPostgresEventStore(whole).Services.BuildServiceProvider();
        Assert.AreEqual(7, provider.GetRequiredService<IOptions<EventStoreOptions>>().Value.BatchSize);
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

    private sealed class Warnings : ILoggerProvider, ILogger
    {
        internal List<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add($"{eventId.Id} {formatter(state, exception)}");

        public void Dispose()
        {
        }
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
