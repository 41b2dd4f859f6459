using System.Globalization;
using Npgsql;

namespace SyncKit.EfStore.Testing.Sources;

/// <summary>A server of someone else's, named by an environment variable.</summary>
internal sealed class ConfiguredSource : IServerHost
{
    internal const string Variable = "ConnectionStrings__EventStore";

    private ConfiguredSource(string connectionString, string origin)
    {
        ConnectionString = connectionString;
        Origin = origin;
    }

    public string ConnectionString { get; }

    public string Origin { get; }

    internal static ConfiguredSource Find(Surroundings surroundings)
    {
        var connectionString = surroundings.ConfiguredConnectionString;
        if (string.IsNullOrWhiteSpace(connectionString))
        {
            throw new SourceUnavailableException("it is not set.");
        }

        NpgsqlConnectionStringBuilder parts;
        try
        {
            parts = new NpgsqlConnectionStringBuilder(connectionString);
        }
        catch (Exception error) when (error is ArgumentException or FormatException)
        {
            // Npgsql may quote what it did not understand, and that may be a piece of a password.
            throw Unusable("from " + Variable, new FormatException("it is not an Npgsql connection string."));
        }

        var where = string.Create(CultureInfo.InvariantCulture, $"database '{parts.Database}' at {parts.Host}:{parts.Port}");
        return new ConfiguredSource(connectionString, $"{where}, from {Variable}");
    }

    internal static PostgresUnavailableException Unusable(string origin, Exception error) => new(
        $"The PostgreSQL that was configured cannot be used ({origin}): {error.Message} " +
        $"Start that server or correct {Variable}; unset it to let another one be found.",
        new Dictionary<PostgresSource, string> { [PostgresSource.ConfiguredConnectionString] = error.Message },
        error);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
