using System.CommandLine;
using Npgsql;
using SyncKit.EfStore.Sqlite;

namespace SyncKit.EfStore.Cli.Places;

/// <summary>Where a log is, as <c>--from</c> and <c>--to</c> say it: a SQLite file, or a database of PostgreSQL.</summary>
internal abstract record LogPlace
{
    internal const string Spelling =
        "A SQLite file (a path ending in .db, .sqlite or .sqlite3, or sqlite:PATH); 'postgres' for the database of --connection or of "
            + $"{CommonOptions.ConnectionVariable}; env:NAME for that of another environment variable; or an Npgsql connection string.";

    private const string SqlitePrefix = "sqlite:";
    private const string VariablePrefix = "env:";
    private const string Postgres = "postgres";

    private static readonly string[] SqliteEndings = [".db", ".sqlite", ".sqlite3"];

    internal static Option<string> Option(string name, string what) => new(name) { Description = $"{what} {Spelling}", HelpName = "place", Required = true };

    /// <summary>Reads a place.</summary>
    /// <param name="text">As it was given.</param>
    /// <param name="parsed">Has the connection of 'postgres'.</param>
    /// <exception cref="UsageException">It is none.</exception>
    internal static LogPlace Parse(string text, ParseResult parsed)
    {
        if (text.StartsWith(SqlitePrefix, StringComparison.Ordinal))
        {
            return new SqlitePlace(text[SqlitePrefix.Length..]);
        }

        if (text == Postgres)
        {
            return new PostgresPlace(CommonOptions.ConnectionString(parsed));
        }

        if (text.StartsWith(VariablePrefix, StringComparison.Ordinal))
        {
            var variable = text[VariablePrefix.Length..];
            return new PostgresPlace(
                Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value
                    ? value
                    : throw new UsageException($"The environment variable '{variable}' is not set. Set it to an Npgsql connection string."));
        }

        if (SqliteEndings.Any(ending => text.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) && !text.Contains('='))
        {
            return new SqlitePlace(text);
        }

        // Never shown: it may hold a password.
        return IsConnectionString(text)
            ? new PostgresPlace(text)
            : throw new UsageException($"That is no place of a log. {Spelling}");
    }

    /// <summary>Opens it to be read; nothing is ever changed there.</summary>
    internal abstract OpenLog OpenSource();

    /// <summary>Opens it to be written, or for a dry run only to be looked at.</summary>
    internal abstract OpenLog OpenTarget(bool dryRun);

    /// <summary>What it is called in messages; nothing secret.</summary>
    internal abstract string Name { get; }

    /// <summary>Whether both are the same log, as far as the names tell.</summary>
    internal abstract bool IsSame(LogPlace other);

    private static bool IsConnectionString(string text)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(text).Host is not null;
        }
        catch (Exception error) when (error is ArgumentException or FormatException)
        {
            return false;
        }
    }

    private sealed record SqlitePlace(string Path) : LogPlace
    {
        internal override string Name => $"'{Path}'";

        internal override OpenLog OpenSource() => Open(readOnly: true);

        internal override OpenLog OpenTarget(bool dryRun) => Open(dryRun);

        internal override bool IsSame(LogPlace other) =>
            other is SqlitePlace file && System.IO.Path.GetFullPath(file.Path) == System.IO.Path.GetFullPath(Path);

        private OpenLog Open(bool readOnly)
        {
            var store = new SqliteEventStore(new SqliteEventStoreOptions { Path = Path, ReadOnly = readOnly });
            return new OpenLog(store, store, store, store);
        }
    }

    private sealed record PostgresPlace(string ConnectionString) : LogPlace
    {
        internal override string Name => Describe(new NpgsqlConnectionStringBuilder(ConnectionString));

        internal override OpenLog OpenSource() => Open();

        internal override OpenLog OpenTarget(bool dryRun) => Open();

        internal override bool IsSame(LogPlace other) => other is PostgresPlace database && database.Name == Name && SchemaOf(database) == SchemaOf(this);

        private static string Describe(NpgsqlConnectionStringBuilder builder) =>
            $"database '{builder.Database ?? builder.Username}' at {builder.Host}:{builder.Port}";

        private static string? SchemaOf(PostgresPlace place) => new NpgsqlConnectionStringBuilder(place.ConnectionString).SearchPath;

        private OpenLog Open()
        {
            var host = Hosting.StoreHost.Build(ConnectionString);
            return new OpenLog(host.Log, host.Log, host.Store, host);
        }
    }
}
