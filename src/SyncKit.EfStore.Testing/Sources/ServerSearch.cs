using System.Text;
using Npgsql;

namespace SyncKit.EfStore.Testing.Sources;

/// <summary>Tries the sources in turn and takes the first that works.</summary>
internal static class ServerSearch
{
    private static readonly Version OldestSupported = new(14, 0);

    internal static async Task<FoundServer> FindAsync(
        PostgresServerOptions options, Surroundings surroundings, CancellationToken cancellationToken)
    {
        var reasons = new Dictionary<PostgresSource, string>();
        var failures = new List<Exception>();
        var chosen = LocalProgramsSource.IsChosen(options, surroundings);
        foreach (var source in options.Sources.Distinct().Where(source => !chosen || !IsPassedOver(source)))
        {
            try
            {
                return await TryAsync(source, options, surroundings, cancellationToken).ConfigureAwait(false);
            }
            catch (SourceUnavailableException unavailable)
            {
                reasons[source] = unavailable.Message;
                failures.Add(unavailable);
            }
        }

        throw new PostgresUnavailableException(Explain(options.Sources, reasons, chosen), reasons, new AggregateException(failures));
    }

    /// <summary>Someone chose the programs to test with: another server would test something they did not ask for.</summary>
    private static bool IsPassedOver(PostgresSource source) => source is PostgresSource.Docker or PostgresSource.Embedded;

    private static async Task<FoundServer> TryAsync(
        PostgresSource source, PostgresServerOptions options, Surroundings surroundings, CancellationToken cancellationToken)
    {
        IServerHost host = source switch
        {
            PostgresSource.ConfiguredConnectionString => ConfiguredSource.Find(surroundings),
            PostgresSource.Docker => await DockerSource.StartAsync(options, surroundings, cancellationToken).ConfigureAwait(false),
            PostgresSource.LocalPrograms =>
                await LocalProgramsSource.StartAsync(options, surroundings, cancellationToken).ConfigureAwait(false),
            PostgresSource.Embedded => await EmbeddedSource.StartAsync(options, surroundings, cancellationToken).ConfigureAwait(false),
            _ => throw new ArgumentException($"PostgresServerOptions.Sources holds {source}, which is not a PostgresSource."),
        };
        try
        {
            var (version, text) = await VersionAsync(host.ConnectionString, cancellationToken).ConfigureAwait(false);
            if (version < OldestSupported)
            {
                throw new SourceUnavailableException($"it is PostgreSQL {text}, and 14 is the oldest supported.");
            }

            var copyFiles = source != PostgresSource.ConfiguredConnectionString && !options.Durable && version.Major >= 15;
            return new FoundServer(host, source, $"PostgreSQL {text}, {host.Origin}", copyFiles);
        }
        catch (Exception error)
        {
            await host.DisposeAsync().ConfigureAwait(false);

            // Someone chose that server: to go on with another one would test something they did not ask for.
            if (source == PostgresSource.ConfiguredConnectionString && error is not OperationCanceledException)
            {
                throw ConfiguredSource.Unusable(host.Origin, error);
            }

            if (error is NpgsqlException)
            {
                throw new SourceUnavailableException($"the server was started but did not answer: {error.Message}", error);
            }

            throw;
        }
    }

    private static async Task<(Version Version, string Text)> VersionAsync(string connectionString, CancellationToken cancellationToken)
    {
        var unpooled = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString;
        var connection = new NpgsqlConnection(unpooled);
        await using (connection.ConfigureAwait(false))
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);

            // "15.18 (Debian 15.18-0+deb12u1)" says no more to a reader than its first word.
            return (connection.PostgreSqlVersion, connection.ServerVersion.Split(' ')[0]);
        }
    }

    private static string Explain(IReadOnlyList<PostgresSource> tried, Dictionary<PostgresSource, string> reasons, bool chosen)
    {
        var text = new StringBuilder("No PostgreSQL could be found or started. There are four ways; tried in this order:");
        foreach (var source in tried.Distinct().Concat(Enum.GetValues<PostgresSource>().Except(tried)))
        {
            var reason = reasons.GetValueOrDefault(
                source,
                chosen && IsPassedOver(source)
                    ? $"not tried, as {LocalProgramsSource.Variable} is set."
                    : "not tried, as PostgresServerOptions.Sources leaves it out.");
            text.Append('\n').Append("- ").Append(Name(source)).Append(": ").Append(reason.ReplaceLineEndings("\n    "));
        }

        return text.Append('\n').Append(
            $"Do one of these: set {ConfiguredSource.Variable} to a server on which you may create databases; start Docker; " +
            "install PostgreSQL 14 or later; let this machine reach the internet, so that PostgreSQL can be downloaded.").ToString();
    }

    private static string Name(PostgresSource source) => source switch
    {
        PostgresSource.ConfiguredConnectionString => $"environment variable {ConfiguredSource.Variable}",
        PostgresSource.Docker => "Docker, through Testcontainers",
        PostgresSource.LocalPrograms => "PostgreSQL programs on this machine",
        _ => "a download by MysticMind.PostgresEmbed",
    };
}
