using Npgsql;

namespace SyncKit.EfStore.Storage;

/// <summary>Whether a database has the schema this library needs, asked once before the first use.</summary>
internal static class SchemaCheck
{
    /// <summary>The newest migration of this library. One that the database has beyond it is of a newer library, and harmless.</summary>
    internal const string NewestMigration = "20261125090000_AddCopies";

    // Read by row, not by to_regclass alone: a history without our newest migration is an older schema.
    private const string HistorySql = $"""SELECT EXISTS (SELECT FROM {SchemaNames.MigrationsHistoryTable} WHERE "MigrationId" = $1)""";

    /// <summary>Throws where the schema is missing or older than the library.</summary>
    /// <exception cref="EventStoreUnavailableException">It is; the message says what to do.</exception>
    internal static async Task RequireAsync(NpgsqlConnection connection, string target, CancellationToken cancellationToken)
    {
        var (hasTable, hasHistory) = await TablesAsync(connection, cancellationToken).ConfigureAwait(false);
        if (!hasTable)
        {
            throw PostgresErrors.SchemaMissing(target);
        }

        if (!hasHistory)
        {
            throw PostgresErrors.SchemaOutdated(target, "its table \"events\" was made by another program and not adopted yet");
        }

        await using var command = new NpgsqlCommand(HistorySql, connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = NewestMigration });
        if (!(bool)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!)
        {
            throw PostgresErrors.SchemaOutdated(target, $"the migration '{NewestMigration}' is not applied");
        }
    }

    /// <summary>Whether there is the table of events, and the history of this library's migrations.</summary>
    internal static async Task<(bool Table, bool History)> TablesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"SELECT to_regclass('{SchemaNames.EventsTable}') IS NOT NULL, to_regclass('{SchemaNames.MigrationsHistoryTable}') IS NOT NULL",
            connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        return (reader.GetBoolean(0), reader.GetBoolean(1));
    }
}
