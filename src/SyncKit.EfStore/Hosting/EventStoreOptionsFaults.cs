using System.Globalization;
using Npgsql;
using SyncKit.EfStore.Diagnostics;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Hosting;

/// <summary>What is wrong with the store's options: key or property, bound, actual.</summary>
internal sealed class EventStoreOptionsFaults
{
    private const int MostConnections = 1024;

    private readonly List<string> _faults = [];
    private readonly Func<string, string?> _keyOf;

    private EventStoreOptionsFaults(Func<string, string?> keyOf) => _keyOf = keyOf;

    /// <param name="options">Complete.</param>
    /// <param name="keyOf">The key of the configuration where a property's value stands; null where it stands in none.</param>
    internal static List<string> Of(EventStoreOptions options, Func<string, string?>? keyOf = null)
    {
        var faults = new EventStoreOptionsFaults(keyOf ?? (_ => null));
        faults.CheckConnection(options);
        faults.CheckBounds(options);
        return faults._faults;
    }

    private void CheckBounds(EventStoreOptions options)
    {
        Range(nameof(options.MaxPoolSize), options.MaxPoolSize, 1, MostConnections);
        Range(nameof(options.MinPoolSize), options.MinPoolSize, 0, MostConnections);
        WholeSeconds(nameof(options.ConnectionLifetime), options.ConnectionLifetime, TimeSpan.Zero, TimeSpan.FromDays(30));
        WholeSeconds(nameof(options.ConnectionIdleLifetime), options.ConnectionIdleLifetime, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
        WholeSeconds(nameof(options.CommandTimeout), options.CommandTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        Range(nameof(options.NotificationTimeout), options.NotificationTimeout, TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(10));
        Range(nameof(options.ReconnectInterval), options.ReconnectInterval, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(5));
        Range(nameof(options.MaxReconnectInterval), options.MaxReconnectInterval, options.ReconnectInterval, TimeSpan.FromHours(1));
        Range(nameof(options.MaxReconnectAttempts), options.MaxReconnectAttempts, 1, int.MaxValue);
        if (!Enum.IsDefined(options.NotifyMode))
        {
            _faults.Add($"{Name(nameof(options.NotifyMode))} must be {string.Join(", ", Enum.GetNames<NotifyMode>())}; it is {options.NotifyMode}.");
        }

        Range(nameof(options.PollInterval), options.PollInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1));
        Range<int>(nameof(options.MaxStreamChannels), options.MaxStreamChannels, 0, 1000);
        Range<int>(nameof(options.ObserverQueueCapacity), options.ObserverQueueCapacity, 1, 1_000_000);
        Range<int>(nameof(options.BatchSize), options.BatchSize, 1, 100_000);
        Range<int>(nameof(options.MaxJsonBytes), options.MaxJsonBytes, 1024, 100_000_000);
    }

    private void CheckConnection(EventStoreOptions options)
    {
        if (options.DataSource is null && string.IsNullOrWhiteSpace(options.ConnectionString))
        {
            _faults.Add(Name(nameof(options.ConnectionString))
                + " is not set. Give a connection string, set ConnectionStrings__EventStore, or hand in a DataSource.");
        }
        else if (options.DataSource is not null && options.ConnectionString is not null)
        {
            _faults.Add($"{Name(nameof(options.ConnectionString))} and {nameof(options.DataSource)} are both set; one of them says where the log is.");
        }

        var pool = CheckConnectionString(nameof(options.ConnectionString), options.ConnectionString);
        CheckListener(options, CheckConnectionString(nameof(options.ListenerConnectionString), options.ListenerConnectionString));

        foreach (var (option, keyword, value) in ConnectionStrings.Keywords(options))
        {
            if (pool.ShouldSerialize(keyword) && Convert.ToInt32(pool[keyword], CultureInfo.InvariantCulture) is var other && other != value)
            {
                _faults.Add($"{Name(option)} means {keyword}={value}, and {nameof(options.ConnectionString)} says {keyword}={other}. Take one of them away.");
            }
        }

        // What an option leaves open the connection string decides, or Npgsql.
        var most = options.MaxPoolSize ?? pool.MaxPoolSize;
        var least = options.MinPoolSize ?? pool.MinPoolSize;
        if (least > most && IsPoolSize(options.MinPoolSize) && IsPoolSize(options.MaxPoolSize))
        {
            _faults.Add($"{Name(nameof(options.MinPoolSize))} must be at most {nameof(options.MaxPoolSize)} ({most}); it is {least}.");
        }

        // What is out of its own bounds is said already.
        static bool IsPoolSize(int? size) => size is null or (>= 0 and <= MostConnections);
    }

    private void CheckListener(EventStoreOptions options, NpgsqlConnectionStringBuilder listener)
    {
        var keepAlive = ConnectionStrings.ListenerKeepAlive(options);
        if (listener.ShouldSerialize(ConnectionStrings.KeepaliveKeyword) && listener.KeepAlive != keepAlive)
        {
            _faults.Add($"{Name(nameof(options.ListenerConnectionString))} says {ConnectionStrings.KeepaliveKeyword}={listener.KeepAlive}, and "
                + $"{nameof(options.NotificationTimeout)} means {keepAlive}, half of it. Take the keyword away, or set the option.");
        }
    }

    private NpgsqlConnectionStringBuilder CheckConnectionString(string property, string? connectionString)
    {
        if (string.IsNullOrWhiteSpace(connectionString))
        {
            return new NpgsqlConnectionStringBuilder();
        }

        try
        {
            var parsed = new NpgsqlConnectionStringBuilder(connectionString);
            if (string.IsNullOrWhiteSpace(parsed.Host))
            {
                _faults.Add($"{Name(property)} must name a Host; it names none.");
            }
            else if (Hosts.FaultOf(parsed.Host) is { } fault)
            {
                _faults.Add($"{Name(property)} {fault}");
            }

            return parsed;
        }
        catch (Exception error) when (error is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            // The parser's message names the keyword, never its value.
            _faults.Add($"{Name(property)} must be an Npgsql connection string; {error.Message}");
            return new NpgsqlConnectionStringBuilder();
        }
    }

    /// <summary>Npgsql has no fractions of these, and would round them.</summary>
    private void WholeSeconds(string property, TimeSpan? value, TimeSpan least, TimeSpan most)
    {
        Range(property, value, least, most);
        if (value is { } given && given >= least && given <= most && given.Ticks % TimeSpan.TicksPerSecond != 0)
        {
            _faults.Add($"{Name(property)} must be whole seconds; it is {given}.");
        }
    }

    private void Range<T>(string property, T? value, T least, T most)
        where T : struct, IComparable<T> =>
        OptionRange.Check(_faults, Name(property), value, least, most);

    private string Name(string property) => _keyOf(property) ?? $"{nameof(EventStoreOptions)}.{property}";
}
