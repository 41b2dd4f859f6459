using System.Reflection;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;

namespace SyncKit.EfStore.Storage;

/// <summary>
/// What is there, against what the library needs: <see cref="SchemaCheck"/>, <see cref="SchemaDrift"/> and <see cref="SequenceCheck"/> in one.
/// </summary>
internal static class SchemaInspector
{
    private const string AppliedSql = $"""SELECT "MigrationId" FROM {SchemaNames.MigrationsHistoryTable} ORDER BY 1""";

    // As EF finds them, without the half second that making a DbContext ready takes.
    private static readonly Lazy<IReadOnlyList<string>> Known = new(() =>
        [.. typeof(EventStoreDbContext).Assembly.GetTypes()
            .Where(type => type.GetCustomAttribute<DbContextAttribute>()?.ContextType == typeof(EventStoreDbContext))
            .Select(type => type.GetCustomAttribute<MigrationAttribute>()?.Id)
            .OfType<string>()
            .Order(StringComparer.Ordinal)]);

    internal static async Task<SchemaInspection> InspectAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var (hasLog, hasHistory) = await SchemaCheck.TablesAsync(connection, cancellationToken).ConfigureAwait(false);
        var applied = hasHistory ? await AppliedAsync(connection, cancellationToken).ConfigureAwait(false) : [];
        var pending = Known.Value.Except(applied).ToList();
        var drifted = hasLog && pending.Count == 0 ? await SchemaDrift.FindAsync(connection, cancellationToken).ConfigureAwait(false) : [];
        var order = hasLog ? (await SequenceCheck.FindAsync(connection, cancellationToken).ConfigureAwait(false)).Faults : [];
        return new SchemaInspection
        {
            HasLog = hasLog,
            Pending = pending,
            Unknown = [.. applied.Except(Known.Value)],
            Drifted = drifted,
            OrderFaults = order,
        };
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
