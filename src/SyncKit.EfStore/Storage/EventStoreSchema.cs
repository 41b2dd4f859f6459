using Microsoft.EntityFrameworkCore;
using Npgsql;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore;

/// <summary>Provisions the event log. Safe to run from several processes at once: they take turns.</summary>
public static class EventStoreSchema
{
    /// <summary>
    /// Applies the pending migrations, as <c>dotnet ef database update</c> does, creating the database where it is missing; then puts
    /// indexes, functions and triggers back that another program changed. Adopts a table made by go-sync-kit.
    /// </summary>
    /// <param name="connectionString">A role that owns the schema, or may create in it.</param>
    /// <param name="cancellationToken">Ends the attempt; a migration is applied whole or not at all.</param>
    /// <exception cref="EventStoreUnavailableException">The server cannot be reached or refuses.</exception>
    public static async Task<SchemaMigration> MigrateAsync(string connectionString, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        var options = new DbContextOptionsBuilder<EventStoreDbContext>();
        Configure(options, ConnectionStrings.ForPrimary(connectionString));
        return await MigrateAsync(options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same on connections of a data source.</summary>
    /// <param name="dataSource">Of a role that owns the schema, or may create in it.</param>
    /// <param name="cancellationToken">Ends the attempt; a migration is applied whole or not at all.</param>
    /// <exception cref="EventStoreUnavailableException">The server cannot be reached or refuses.</exception>
    public static async Task<SchemaMigration> MigrateAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        var options = new DbContextOptionsBuilder<EventStoreDbContext>();
        Configure(options, dataSource);
        return await MigrateAsync(options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Looks at the schema and changes nothing: pending migrations, what another program changed, and whether the order of versions can be told.
    /// Needs no privilege but to read the migration history.
    /// </summary>
    /// <param name="connectionString">The database to look at. It must exist; the event log need not.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="EventStoreUnavailableException">The server cannot be reached or refuses.</exception>
    public static async Task<SchemaInspection> InspectAsync(string connectionString, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        await using var connection = new NpgsqlConnection(connectionString);
        return await InspectAsync(connection, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same on a connection of a data source.</summary>
    /// <param name="dataSource">Of the database to look at.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="EventStoreUnavailableException">The server cannot be reached or refuses.</exception>
    public static async Task<SchemaInspection> InspectAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        await using var connection = dataSource.CreateConnection();
        return await InspectAsync(connection, cancellationToken).ConfigureAwait(false);
    }

    internal static void Configure(DbContextOptionsBuilder options, string? connectionString) =>
        options.UseNpgsql(connectionString, npgsql => npgsql.MigrationsHistoryTable(SchemaNames.MigrationsHistoryTable));

    internal static void Configure(DbContextOptionsBuilder options, NpgsqlDataSource dataSource) =>
        options.UseNpgsql(dataSource, npgsql => npgsql.MigrationsHistoryTable(SchemaNames.MigrationsHistoryTable));

    private static async Task<SchemaInspection> InspectAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await connection.OpenMarkedAsync(cancellationToken).ConfigureAwait(false);
            return await SchemaInspector.InspectAsync(connection, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (PostgresErrors.Describes(error))
        {
            throw PostgresErrors.Translate(error, PostgresErrors.Target(connection.ConnectionString));
        }
    }

    private static async Task<SchemaMigration> MigrateAsync(
        DbContextOptionsBuilder<EventStoreDbContext> options, CancellationToken cancellationToken)
    {
        await using var db = new EventStoreDbContext(options.AddInterceptors(new OpeningInterceptor()).Options);
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        try
        {
            var before = await AppliedAsync(db, cancellationToken).ConfigureAwait(false);
            await MigrateAsync(db, cancellationToken).ConfigureAwait(false);
            var after = await db.Database.GetAppliedMigrationsAsync(cancellationToken).ConfigureAwait(false);

            await db.Database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            var mended = await SchemaDrift.MendAsync(connection, cancellationToken).ConfigureAwait(false);
            return new SchemaMigration([.. after.Except(before)], mended);
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            throw new EventStoreUnavailableException(
                UnavailableReason.SchemaMissing,
                $"The migration history of the {PostgresErrors.Target(connection.ConnectionString)} says that the event log is there, but its table "
                    + $"\"{SchemaNames.EventsTable}\" is gone. Restore it from a backup; or, to begin an empty log, drop the table "
                    + $"\"{SchemaNames.MigrationsHistoryTable}\" and migrate again.",
                error);
        }
        catch (Exception error) when (PostgresErrors.Describes(Unwrapped(error)))
        {
            throw PostgresErrors.Translate(Unwrapped(error), PostgresErrors.Target(connection.ConnectionString));
        }
        catch (Exception error) when (TlsErrors.IsClientCertificate(Unwrapped(error)))
        {
            throw TlsErrors.ClientCertificate(Unwrapped(error), PostgresErrors.Target(connection.ConnectionString));
        }
    }

    private static async Task MigrateAsync(EventStoreDbContext db, CancellationToken cancellationToken)
    {
        try
        {
            await db.Database.MigrateAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException error) when (PostgresErrors.IsDatabaseCreatedMeanwhile(error))
        {
            await db.Database.MigrateAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>EF wraps what it takes for transient into advice to retry, which is the caller's decision here.</summary>
    private static Exception Unwrapped(Exception error) =>
        error is InvalidOperationException { InnerException: NpgsqlException inner } ? inner : error;

    private static async Task<IReadOnlyList<string>> AppliedAsync(EventStoreDbContext db, CancellationToken cancellationToken) =>
        await db.Database.CanConnectAsync(cancellationToken).ConfigureAwait(false)
            ? [.. await db.Database.GetAppliedMigrationsAsync(cancellationToken).ConfigureAwait(false)]
            : [];
}
