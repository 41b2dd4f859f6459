using System.Globalization;
using Npgsql;
using SyncKit.EfStore.Benchmarks.Contenders;
using SyncKit.EfStore.Benchmarks.Events;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Benchmarks.Servers;

/// <summary>The schema a database is made with.</summary>
internal enum Schema
{
    /// <summary>The store's, as its migrations make it.</summary>
    Ours,

    /// <summary>The store's, and beside it the tables of an application: <c>orders</c> and <c>plain_events</c>.</summary>
    OursInApplication,

    /// <summary>The SQL of the requirements, as it stands there.</summary>
    AsRequired,
}

/// <summary>Databases with a log in them. Each contender gets a copy of its own each round, so all begin with equally large tables.</summary>
internal sealed class BenchmarkDatabases(PostgresServer server)
{
    private const int FillStep = 500_000;
    private readonly Dictionary<(Schema, int), PostgresDatabase> _templates = [];

    /// <summary>A copy of a database with so many events in it.</summary>
    internal async Task<DatabaseCopy> CopyAsync(Schema schema, int events, CancellationToken cancellationToken)
    {
        if (!_templates.TryGetValue((schema, events), out var template))
        {
            template = await CreateFilledAsync(schema, events, null, cancellationToken);
            _templates.Add((schema, events), template);
        }

        var name = $"synckit_benchmark_{Guid.NewGuid():N}";
        await Sql.RunAsync(server.ConnectionString, $"CREATE DATABASE {name} TEMPLATE {template.Name}", cancellationToken);
        return new DatabaseCopy(
            server.ConnectionString, name, new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = name }.ConnectionString);
    }

    /// <summary>A database with so many events in it, vacuumed and analysed. Dispose it to drop it.</summary>
    /// <param name="schema">Whose.</param>
    /// <param name="events">How many; whole streams of them.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<PostgresDatabase> CreateFilledAsync(
        Schema schema, int events, Action<string>? progress, CancellationToken cancellationToken)
    {
        var database = schema == Schema.AsRequired
            ? await server.CreateEmptyDatabaseAsync(cancellationToken)
            : await server.CreateDatabaseAsync(cancellationToken);
        if (schema == Schema.AsRequired)
        {
            await Sql.RunAsync(database.ConnectionString, Script("as-required.sql"), cancellationToken);
        }

        // The log was told of long ago. Indexes stay, so they have the shape that growing gives them.
        await Sql.RunAsync(database.ConnectionString, "ALTER TABLE events DISABLE TRIGGER USER", cancellationToken);
        for (long filled = 0; filled < events; filled += FillStep)
        {
            await using var connection = await Sql.OpenAsync(database.ConnectionString, cancellationToken);
            RawCopy.Write(connection, SampleLog.Rows(filled, Math.Min(FillStep, events - filled)), withStreamVersion: schema != Schema.AsRequired);
            progress?.Invoke(string.Create(
                CultureInfo.InvariantCulture, $"filling a log: {Math.Min(filled + FillStep, events):n0} of {events:n0} events"));
        }

        await Sql.RunAsync(database.ConnectionString, "ALTER TABLE events ENABLE TRIGGER USER", cancellationToken);
        if (schema == Schema.OursInApplication)
        {
            await Sql.RunAsync(database.ConnectionString, Script("application.sql"), cancellationToken);
        }

        await Sql.RunAsync(database.ConnectionString, "VACUUM (FREEZE, ANALYZE)", cancellationToken);
        return database;
    }

    private static string Script(string name)
    {
        using var sql = new StreamReader(typeof(BenchmarkDatabases).Assembly.GetManifestResourceStream(name)!);
        return sql.ReadToEnd();
    }
}
