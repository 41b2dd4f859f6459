using System.Globalization;
using Microsoft.Extensions.Options;
using Npgsql;
using SyncKit.EfStore.Diagnostics;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Hosting;

/// <summary>Reports every fault of the options at once: property, bound, actual.</summary>
internal sealed class EventStoreOptionsValidator : IValidateOptions<EventStoreOptions>
{
    public ValidateOptionsResult Validate(string? name, EventStoreOptions options)
    {
        var faults = new List<string>();
        CheckConnection(options, faults);

        Range(faults, nameof(options.MaxPoolSize), options.MaxPoolSize, 1, 1024);
        Range(faults, nameof(options.MinPoolSize), options.MinPoolSize, 0, 1024);
        Range(faults, nameof(options.ConnectionLifetime), options.ConnectionLifetime, TimeSpan.Zero, TimeSpan.FromDays(30));
        Range(faults, nameof(options.ConnectionIdleLifetime), options.ConnectionIdleLifetime, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
        Range(faults, nameof(options.CommandTimeout), options.CommandTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        Range(faults, nameof(options.NotificationTimeout), options.NotificationTimeout, TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(10));
        Range(faults, nameof(options.ReconnectInterval), options.ReconnectInterval, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(5));
        Range(faults, nameof(options.MaxReconnectInterval), options.MaxReconnectInterval, options.ReconnectInterval, TimeSpan.FromHours(1));
        Range(faults, nameof(options.MaxReconnectAttempts), options.MaxReconnectAttempts, 1, int.MaxValue);
        if (!Enum.IsDefined(options.NotifyMode))
        {
            faults.Add($"{Name(nameof(options.NotifyMode))} must be {string.Join(", ", Enum.GetNames<NotifyMode>())}; it is {options.NotifyMode}.");
        }

        Range(faults, nameof(options.PollInterval), options.PollInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1));
        Range<int>(faults, nameof(options.MaxStreamChannels), options.MaxStreamChannels, 0, 1000);
        Range<int>(faults, nameof(options.ObserverQueueCapacity), options.ObserverQueueCapacity, 1, 1_000_000);
        Range<int>(faults, nameof(options.BatchSize), options.BatchSize, 1, 100_000);
        Range<int>(faults, nameof(options.MaxJsonBytes), options.MaxJsonBytes, 1024, 100_000_000);

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static void CheckConnection(EventStoreOptions options, List<string> faults)
    {
        if (options.DataSource is null && string.IsNullOrWhiteSpace(options.ConnectionString))
        {
            faults.Add(Name(nameof(options.ConnectionString))
                + " is not set. Give a connection string, set ConnectionStrings__EventStore, or hand in a DataSource.");
        }
        else if (options.DataSource is not null && options.ConnectionString is not null)
        {
            faults.Add($"{Name(nameof(options.ConnectionString))} and {nameof(options.DataSource)} are both set; one of them says where the log is.");
        }

        var pool = CheckConnectionString(faults, nameof(options.ConnectionString), options.ConnectionString);
        CheckConnectionString(faults, nameof(options.ListenerConnectionString), options.ListenerConnectionString);

        foreach (var (option, keyword, value) in ConnectionStrings.Keywords(options))
        {
            if (pool.ShouldSerialize(keyword) && Convert.ToInt32(pool[keyword], CultureInfo.InvariantCulture) is var other && other != value)
            {
                faults.Add($"{Name(option)} means {keyword}={value}, and {nameof(options.ConnectionString)} says {keyword}={other}. Take one of them away.");
            }
        }

        // What an option leaves open the connection string decides, or Npgsql.
        var most = options.MaxPoolSize ?? pool.MaxPoolSize;
        var least = options.MinPoolSize ?? pool.MinPoolSize;
        if (least > most)
        {
            faults.Add($"{Name(nameof(options.MinPoolSize))} must be at most {nameof(options.MaxPoolSize)} ({most}); it is {least}.");
        }
    }

    private static NpgsqlConnectionStringBuilder CheckConnectionString(List<string> faults, string property, string? connectionString)
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
                faults.Add($"{Name(property)} must name a Host; it names none.");
            }

            return parsed;
        }
        catch (Exception error) when (error is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            // The parser's message names the keyword, never its value.
            faults.Add($"{Name(property)} must be an Npgsql connection string; {error.Message}");
            return new NpgsqlConnectionStringBuilder();
        }
    }

    private static void Range<T>(List<string> faults, string property, T? value, T least, T most)
        where T : struct, IComparable<T> =>
        OptionRange.Check(faults, Name(property), value, least, most);

    private static string Name(string property) => $"{nameof(EventStoreOptions)}.{property}";
}
