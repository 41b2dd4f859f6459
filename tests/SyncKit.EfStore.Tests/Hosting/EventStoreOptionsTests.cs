using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Tests.Hosting;

[TestClass]
public sealed class EventStoreOptionsTests
{
    private const string Secret = "s3cr3t-Pa55word";

    [TestMethod]
    public void A_connection_string_is_all_that_is_needed() =>
        Assert.AreEqual("Host=localhost", Resolve(options => options.ConnectionString = "Host=localhost").ConnectionString);

    [TestMethod]
    public void Every_fault_is_reported_at_once()
    {
        var refused = Assert.ThrowsExactly<OptionsValidationException>(() => Resolve(options =>
        {
            options.MaxPoolSize = 0;
            options.CommandTimeout = TimeSpan.Zero;
            options.NotificationTimeout = TimeSpan.FromSeconds(1);
            options.ReconnectInterval = TimeSpan.FromSeconds(20);
            options.NotifyMode = (NotifyMode)7;
            options.MaxReconnectAttempts = 0;
            options.BatchSize = 0;
            options.MaxJsonBytes = 100_000_001;
        }));

        Assert.AreEqual(
            string.Join(
                "; ",
                "EventStoreOptions.ConnectionString is not set. Give a connection string, set ConnectionStrings__EventStore, or hand in a DataSource.",
                "EventStoreOptions.MaxPoolSize must be from 1 to 1024; it is 0.",
                "EventStoreOptions.CommandTimeout must be from 00:00:01 to 01:00:00; it is 00:00:00.",
                "EventStoreOptions.NotificationTimeout must be from 00:00:02 to 00:10:00; it is 00:00:01.",
                "EventStoreOptions.MaxReconnectInterval must be from 00:00:20 to 01:00:00; it is 00:00:15.",
                "EventStoreOptions.MaxReconnectAttempts must be from 1 to 2147483647; it is 0.",
                "EventStoreOptions.NotifyMode must be Trigger, AfterCommit, None; it is 7.",
                "EventStoreOptions.BatchSize must be from 1 to 100000; it is 0.",
                "EventStoreOptions.MaxJsonBytes must be from 1024 to 100000000; it is 100000001."),
            refused.Message);
    }

    /// <summary>Npgsql would say so at each connect, by an ArgumentException.</summary>
    [TestMethod]
    [DataRow("db:abc", "must name each Host with a port of 1 to 65535 or without; it has 'db:abc'.")]
    [DataRow("db:", "must name each Host with a port of 1 to 65535 or without; it has 'db:'.")]
    [DataRow("db:0", "must name each Host with a port of 1 to 65535 or without; it has 'db:0'.")]
    [DataRow("db, other:65536", "must name each Host with a port of 1 to 65535 or without; it has 'other:65536'.")]
    [DataRow("[::1]:x", "must name each Host with a port of 1 to 65535 or without; it has '[::1]:x'.")]
    [DataRow("db,,other", "must name Hosts of 1 to 255 characters; one has 0.")]
    [DataRow(":5432", "must name Hosts of 1 to 255 characters; one has 0.")]
    [DataRow("0.0.0.0", "must name a Host that can be connected to; '0.0.0.0' is what a server listens on. Take localhost for this machine.")]
    [DataRow("db,[::]:5432", "must name a Host that can be connected to; '[::]' is what a server listens on. Take localhost for this machine.")]
    public void A_host_that_nobody_can_connect_to_is_a_fault(string hosts, string fault)
    {
        var refused = Assert.ThrowsExactly<OptionsValidationException>(() => Resolve(options =>
            (options.ConnectionString, options.ListenerConnectionString) = ($"Host={hosts}", $"Host={hosts}")));

        Assert.AreEqual($"EventStoreOptions.ConnectionString {fault}; EventStoreOptions.ListenerConnectionString {fault}", refused.Message);
    }

    [TestMethod]
    [DataRow("::1")]
    [DataRow("[::1]:5432")]
    [DataRow("db:1,10.0.0.1:65535, third")]
    [DataRow("/var/run/postgresql")]
    [DataRow("/var/run/a:b")]
    [DataRow("@abstract")]
    public void Any_other_host_is_none(string hosts) =>
        Assert.AreEqual($"Host={hosts}", Resolve(options => options.ConnectionString = $"Host={hosts}").ConnectionString);

    public static IEnumerable<(string Option, Action<EventStoreOptions> Within, Action<EventStoreOptions> Past)> Bounds =>
    [
        ("MaxPoolSize", o => o.MaxPoolSize = 1, o => o.MaxPoolSize = 1_025),
        ("MinPoolSize", o => o.MinPoolSize = 0, o => o.MinPoolSize = -1),
        (
            "MinPoolSize above MaxPoolSize",
            o => (o.MinPoolSize, o.MaxPoolSize) = (5, 5),
            o => (o.MinPoolSize, o.MaxPoolSize) = (6, 5)
        ),
        ("MaxPoolSize below MinPoolSize", o => o.MaxPoolSize = 1_024, o => o.MaxPoolSize = -1),
        ("ConnectionLifetime", o => o.ConnectionLifetime = TimeSpan.Zero, o => o.ConnectionLifetime = TimeSpan.FromSeconds(-1)),
        ("ConnectionIdleLifetime", o => o.ConnectionIdleLifetime = TimeSpan.FromSeconds(1), o => o.ConnectionIdleLifetime = TimeSpan.Zero),
        ("CommandTimeout", o => o.CommandTimeout = TimeSpan.FromHours(1), o => o.CommandTimeout = TimeSpan.FromHours(2)),
        (
            "ConnectionLifetime in whole seconds",
            o => o.ConnectionLifetime = TimeSpan.FromSeconds(2),
            o => o.ConnectionLifetime = TimeSpan.FromSeconds(1.5)
        ),
        (
            "ConnectionIdleLifetime in whole seconds",
            o => o.ConnectionIdleLifetime = TimeSpan.FromSeconds(2),
            o => o.ConnectionIdleLifetime = TimeSpan.FromSeconds(1.5)
        ),
        ("CommandTimeout in whole seconds", o => o.CommandTimeout = TimeSpan.FromSeconds(2), o => o.CommandTimeout = TimeSpan.FromSeconds(1.5)),
        ("NotificationTimeout", o => o.NotificationTimeout = TimeSpan.FromSeconds(2), o => o.NotificationTimeout = TimeSpan.MaxValue),
        ("ReconnectInterval", o => o.ReconnectInterval = TimeSpan.FromMilliseconds(10), o => o.ReconnectInterval = TimeSpan.Zero),
        ("NotifyMode", o => o.NotifyMode = NotifyMode.None, o => o.NotifyMode = (NotifyMode)3),
        ("PollInterval", o => o.PollInterval = TimeSpan.FromMilliseconds(100), o => o.PollInterval = TimeSpan.Zero),
        ("MaxStreamChannels", o => o.MaxStreamChannels = 0, o => o.MaxStreamChannels = -1),
        ("ObserverQueueCapacity", o => o.ObserverQueueCapacity = 1, o => o.ObserverQueueCapacity = 0),
        ("BatchSize", o => o.BatchSize = 100_000, o => o.BatchSize = 100_001),
        ("MaxJsonBytes", o => o.MaxJsonBytes = 1_024, o => o.MaxJsonBytes = 1_023),
        ("ListenerConnectionString", o => o.ListenerConnectionString = "Host=b", o => o.ListenerConnectionString = "Port=1"),
        ("ConnectionString", o => o.ConnectionString = "Host=b", o => o.ConnectionString = "Database=no host"),
    ];

    [TestMethod]
    [DynamicData(nameof(Bounds), DynamicDataDisplayName = nameof(OptionName))]
    public void A_bound_passes_and_what_is_past_it_does_not(
        string option, Action<EventStoreOptions> within, Action<EventStoreOptions> past)
    {
        Resolve(options => Apply(options, within));
        var failures = Assert.ThrowsExactly<OptionsValidationException>(() => Resolve(options => Apply(options, past))).Failures;

        Assert.StartsWith($"EventStoreOptions.{option.Split(' ')[0]} must ", failures.Single());

        static void Apply(EventStoreOptions options, Action<EventStoreOptions> change)
        {
            options.ConnectionString = "Host=a";
            change(options);
        }
    }

    public static string OptionName(System.Reflection.MethodInfo method, object[] data) => $"{method.Name} ({data[0]})";

    public static IEnumerable<(string Option, string Keyword, string Value, string Text, Action<EventStoreOptions> Set)> Disagreements =>
    [
        ("MaxPoolSize", "Maximum Pool Size", "20", "30", o => o.MaxPoolSize = 30),
        ("MinPoolSize", "Minimum Pool Size", "2", "3", o => o.MinPoolSize = 3),
        ("ConnectionLifetime", "Connection Lifetime", "60", "61", o => o.ConnectionLifetime = TimeSpan.FromSeconds(61)),
        ("ConnectionIdleLifetime", "Connection Idle Lifetime", "60", "61", o => o.ConnectionIdleLifetime = TimeSpan.FromSeconds(61)),
        ("CommandTimeout", "Command Timeout", "5", "6", o => o.CommandTimeout = TimeSpan.FromSeconds(6)),
        ("EnablePreparedStatements", "Max Auto Prepare", "20", "0", o => o.EnablePreparedStatements = false),
    ];

    [TestMethod]
    [DynamicData(nameof(Disagreements), DynamicDataDisplayName = nameof(OptionName))]
    public void An_option_and_the_connection_string_must_agree(
        string option, string keyword, string value, string text, Action<EventStoreOptions> set)
    {
        var refused = Assert.ThrowsExactly<OptionsValidationException>(() => Resolve(options =>
        {
            options.ConnectionString = $"Host=a;{keyword}={value}";
            set(options);
        }));
        Resolve(options =>
        {
            options.ConnectionString = $"Host=a;{keyword}={text}";
            set(options);
        });
        Resolve(options => options.ConnectionString = $"Host=a;{keyword}={value}");

        Assert.AreEqual(
            $"EventStoreOptions.{option} means {keyword}={text}, and ConnectionString says {keyword}={value}. Take one of them away.", refused.Message);
    }

    [TestMethod]
    [DataRow("", true, 50)]
    [DataRow(";Max Auto Prepare=0", true, 0)]
    [DataRow(";Max Auto Prepare=20", true, 20)]
    [DataRow("", false, 0)]
    public void Statements_are_prepared_as_the_connection_string_says_or_else_the_option(string keywords, bool option, int prepared)
    {
        var options = Resolve(options => (options.ConnectionString, options.EnablePreparedStatements) = ("Host=a" + keywords, option));

        Assert.AreEqual(prepared, new NpgsqlConnectionStringBuilder(ConnectionStrings.ForPool(options)).MaxAutoPrepare);
        Assert.AreEqual(prepared, new NpgsqlConnectionStringBuilder(ConnectionStrings.ForLinq(options)).MaxAutoPrepare);
    }

    [TestMethod]
    [DataRow("Host=a", null, "SyncKit.EfStore listener", 5)]
    [DataRow("Host=a;Application Name=shop;Timeout=30;Keepalive=60", null, "shop listener", 5)]
    [DataRow("Host=a", "Host=b;Application Name=shop;Timeout=30;Keepalive=2", "shop listener", 30)]
    [DataRow("Host=a;Application Name=shop", " ", "shop listener", 5)]
    public void The_listener_keeps_what_its_connection_string_says(string pool, string? listener, string name, int timeout)
    {
        var options = Resolve(options =>
            (options.ConnectionString, options.ListenerConnectionString, options.NotificationTimeout) = (pool, listener, TimeSpan.FromSeconds(4)));

        var listening = new NpgsqlConnectionStringBuilder(ConnectionStrings.ForListener(options));

        Assert.AreEqual((name, timeout, 2), (listening.ApplicationName, listening.Timeout, listening.KeepAlive));
    }

    [TestMethod]
    public void A_Keepalive_of_the_listeners_own_string_must_agree_with_the_option()
    {
        var refused = Assert.ThrowsExactly<OptionsValidationException>(
            () => Resolve(options => (options.ConnectionString, options.ListenerConnectionString) = ("Host=a", "Host=a;Keepalive=60")));

        Assert.AreEqual(
            "EventStoreOptions.ListenerConnectionString says Keepalive=60, and NotificationTimeout means 15, half of it. "
                + "Take the keyword away, or set the option.",
            refused.Message);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow(" ")]
    public void A_blank_connection_string_says_nothing(string blank)
    {
        using var source = NpgsqlDataSource.Create("Host=localhost");

        var options = Resolve(options => (options.ConnectionString, options.ListenerConnectionString, options.DataSource) = (blank, blank, source));
        var refused = Assert.ThrowsExactly<OptionsValidationException>(() => Resolve(options => options.ConnectionString = blank));

        Assert.AreEqual((null, null), (options.ConnectionString, options.ListenerConnectionString));
        Assert.Contains("is not set", refused.Message);
    }

    [TestMethod]
    public void A_data_source_and_a_connection_string_are_one_too_many()
    {
        using var source = NpgsqlDataSource.Create("Host=localhost");

        var refused = Assert.ThrowsExactly<OptionsValidationException>(
            () => Resolve(options => (options.DataSource, options.ConnectionString) = (source, "Host=localhost")));

        Assert.Contains("are both set", refused.Message);
        Assert.AreSame(source, Resolve(options => options.DataSource = source).DataSource);
    }

    [TestMethod]
    [DataRow("Host=a;Password=" + Secret + ";Port=many")]
    [DataRow("Host=a;Password=" + Secret + ";Port=0")]
    [DataRow("Host=a;Password=" + Secret + ";SSL Mode=perhaps")]
    [DataRow("Host=a;Password=" + Secret + ";Colour=red")]
    [DataRow("Host=a;Password=" + Secret + ";Timeout=99999999999999")]
    [DataRow("Host=a;Password='" + Secret)]
    [DataRow("Password=" + Secret)]
    [DataRow("Host=a;Password=" + Secret + ";=")]
    public void A_malformed_connection_string_is_refused_without_its_password(string connectionString)
    {
        var refused = Assert.ThrowsExactly<OptionsValidationException>(() => Resolve(options => options.ConnectionString = connectionString));
        var listener = Assert.ThrowsExactly<OptionsValidationException>(
            () => Resolve(options => (options.ConnectionString, options.ListenerConnectionString) = ("Host=a", connectionString)));

        Assert.StartsWith("EventStoreOptions.ConnectionString must ", refused.Message);
        Assert.StartsWith("EventStoreOptions.ListenerConnectionString must ", listener.Message);
        Assert.DoesNotContain(Secret, refused.ToString());
        Assert.DoesNotContain(Secret, listener.ToString());
    }

    private static EventStoreOptions Resolve(Action<EventStoreOptions> configure)
    {
        var services = new ServiceCollection();
        services.AddPostgresEventStore(configure);
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<EventStoreOptions>>().Value;
    }
}
