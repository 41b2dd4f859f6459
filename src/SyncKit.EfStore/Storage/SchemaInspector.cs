using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace SyncKit.EfStore.Storage;

/// <summary>What is there, against what the library needs: <see cref="SchemaCheck"/>, <see cref="SchemaDrift"/> and <see cref="SequenceCheck"/>, told together.</summary>
internal static class SchemaInspector
{
    private const string AppliedSql = $"""SELECT "MigrationId" FROM {SchemaNames.MigrationsHistoryTable} ORDER BY 1""";

    internal static async Task<SchemaInspection> InspectAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var (hasLog, hasHistory) = await SchemaCheck.TablesAsync(connection, cancellationToken).ConfigureAwait(false);
        var known = Known(connection);
        var applied = hasHistory ? await AppliedAsync(connection, cancellationToken).ConfigureAwait(false) : [];
        var pending = known.Except(applied).ToList();
        var drifted = hasLog && pending.Count == 0 ? await SchemaDrift.FindAsync(connection, cancellationToken).ConfigureAwait(false) : [];
        var order = hasLog ? (await SequenceCheck.FindAsync(connection, cancellationToken).ConfigureAwait(false)).Faults : [];
        return new SchemaInspection
        {
            HasLog = hasLog,
            Pending = pending,
            Unknown = [.. applied.Except(known)],
            Drifted = drifted,
            OrderFaults = order,
        };
    }

    private static List<string> Known(NpgsqlConnection connection)
    {
        var options = new DbContextOptionsBuilder<EventStoreDbContext>();
        options.UseNpgsql(connection);
        using var db = new EventStoreDbContext(options.Options);
        return [.. db.Database.GetMigrations()];
    }

    private static async Task<List<string>> AppliedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(AppliedSql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var applied = new List<string>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            applied.Add(reader.GetString(0));
        }

        return applied;
    }
}
