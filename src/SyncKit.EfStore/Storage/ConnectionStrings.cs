using Npgsql;

namespace SyncKit.EfStore.Storage;

/// <summary>What the options mean in Npgsql's own words. A setting left at null stays as the connection string has it.</summary>
internal static class ConnectionStrings
{
    private const string ApplicationName = "SyncKit.EfStore";

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
        var builder = new NpgsqlConnectionStringBuilder(options.ConnectionString)
        {
            CommandTimeout = Seconds(options.CommandTimeout),
        };
        builder.NoResetOnClose |= noReset;
        builder.ApplicationName ??= ApplicationName;
        builder.MaxPoolSize = options.MaxPoolSize ?? builder.MaxPoolSize;
        builder.MinPoolSize = options.MinPoolSize ?? builder.MinPoolSize;
        builder.ConnectionLifetime = options.ConnectionLifetime is { } lifetime ? Seconds(lifetime) : builder.ConnectionLifetime;
        builder.ConnectionIdleLifetime = options.ConnectionIdleLifetime is { } idle ? Seconds(idle) : builder.ConnectionIdleLifetime;
        builder.ConnectionPruningInterval = Math.Min(builder.ConnectionPruningInterval, builder.ConnectionIdleLifetime);
        if (!options.EnablePreparedStatements)
        {
            builder.MaxAutoPrepare = 0;
        }
        else if (builder.MaxAutoPrepare == 0)
        {
            builder.MaxAutoPrepare = PreparedStatements;
        }

        return PrimaryOnly(builder);
    }

    /// <summary>Null where there is neither a listener's string nor any other: then it borrows from the handed-in data source.</summary>
    internal static string? ForListener(EventStoreOptions options) =>
        (options.ListenerConnectionString ?? (options.DataSource is null ? options.ConnectionString : null)) is { } connectionString
            ? PrimaryOnly(new NpgsqlConnectionStringBuilder(connectionString)
            {
                ApplicationName = ApplicationName + " listener",
                Pooling = false,
                Enlist = false,

                // A dead socket is found within twice KeepAlive, so this keeps the promise of NotificationTimeout.
                KeepAlive = Math.Max(1, Seconds(options.NotificationTimeout) / 2),
                Timeout = Seconds(ListenerConnectTimeout),
            })
            : null;

    private static string PrimaryOnly(NpgsqlConnectionStringBuilder builder)
    {
        if (builder.Host?.Contains(',', StringComparison.Ordinal) == true)
        {
            builder.TargetSessionAttributes = "primary";
        }

        return builder.ConnectionString;
    }

    private static int Seconds(TimeSpan time) => (int)Math.Ceiling(time.TotalSeconds);
}
