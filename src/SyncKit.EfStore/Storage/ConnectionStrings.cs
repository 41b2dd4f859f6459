using Npgsql;

namespace SyncKit.EfStore.Storage;

/// <summary>What the options mean in Npgsql's own words. A setting left at null stays as the connection string has it.</summary>
internal static class ConnectionStrings
{
    /// <summary>Half of <see cref="EventStoreOptions.NotificationTimeout"/> on the listener's connection.</summary>
    internal const string KeepaliveKeyword = "Keepalive";

    private const string ApplicationName = "SyncKit.EfStore";
    private const string AutoPrepareKeyword = "Max Auto Prepare";
    private const string TimeoutKeyword = "Timeout";

    // Npgsql prepares a statement by itself once it has been used five times; ours are few.
    private const int PreparedStatements = 50;

    private static readonly TimeSpan ListenerConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// For the store's own statements. They leave nothing in a session, so nothing is reset when a connection goes back: that costs about as much
    /// as a commit.
    /// </summary>
    internal static string ForPool(EventStoreOptions options) => Pool(options, noReset: true);

    /// <summary>For statements of the application, which may leave anything in a session. Opened when first used.</summary>
    internal static string ForLinq(EventStoreOptions options) => Pool(options, noReset: false);

    private static string Pool(EventStoreOptions options, bool noReset)
    {
        var builder = new NpgsqlConnectionStringBuilder(options.ConnectionString);
        if (options.EnablePreparedStatements && !builder.ShouldSerialize(AutoPrepareKeyword))
        {
            builder.MaxAutoPrepare = PreparedStatements;
        }

        foreach (var (_, keyword, value) in Keywords(options))
        {
            builder[keyword] = value;
        }

        builder.NoResetOnClose |= noReset;
        builder.ApplicationName ??= ApplicationName;
        builder.ConnectionPruningInterval = Math.Min(builder.ConnectionPruningInterval, builder.ConnectionIdleLifetime);
        return PrimaryOnly(builder);
    }

    /// <summary>The options that are set and stand for a keyword of the connection string, with its value there.</summary>
    internal static IEnumerable<(string Option, string Keyword, int Value)> Keywords(EventStoreOptions options)
    {
        foreach (var (option, keyword, value) in ((string, string, int?)[])
        [
            (nameof(options.MaxPoolSize), "Maximum Pool Size", options.MaxPoolSize),
            (nameof(options.MinPoolSize), "Minimum Pool Size", options.MinPoolSize),
            (nameof(options.ConnectionLifetime), "Connection Lifetime", Seconds(options.ConnectionLifetime)),
            (nameof(options.ConnectionIdleLifetime), "Connection Idle Lifetime", Seconds(options.ConnectionIdleLifetime)),
            (nameof(options.CommandTimeout), "Command Timeout", Seconds(options.CommandTimeout)),
            (nameof(options.EnablePreparedStatements), AutoPrepareKeyword, options.EnablePreparedStatements ? null : 0),
        ])
        {
            if (value is { } set)
            {
                yield return (option, keyword, set);
            }
        }
    }

    /// <summary>Null where there is neither a listener's string nor any other: then it borrows from the handed-in data source.</summary>
    internal static string? ForListener(EventStoreOptions options)
    {
        var own = options.ListenerConnectionString;
        if ((own ?? (options.DataSource is null ? options.ConnectionString : null)) is not { } connectionString)
        {
            return null;
        }

        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        if (own is null || !builder.ShouldSerialize(TimeoutKeyword))
        {
            builder.Timeout = Seconds(ListenerConnectTimeout);
        }

        builder.ApplicationName = (builder.ApplicationName ?? ApplicationName) + " listener";
        builder.Pooling = false;
        builder.Enlist = false;
        builder.KeepAlive = ListenerKeepAlive(options);
        return PrimaryOnly(builder);
    }

    /// <summary>In seconds. A dead socket is found within twice this, which keeps the promise of NotificationTimeout.</summary>
    internal static int ListenerKeepAlive(EventStoreOptions options) => Math.Max(1, Seconds(options.NotificationTimeout) / 2);

    /// <summary>For what changes the database on a connection of its own: of several hosts the primary.</summary>
    internal static string ForPrimary(string connectionString) => PrimaryOnly(new NpgsqlConnectionStringBuilder(connectionString));

    private static string PrimaryOnly(NpgsqlConnectionStringBuilder builder)
    {
        SeveralHosts.TakePrimary(builder);
        return builder.ConnectionString;
    }

    private static int? Seconds(TimeSpan? time) => time is { } set ? Seconds(set) : null;

    private static int Seconds(TimeSpan time) => (int)Math.Ceiling(time.TotalSeconds);
}
