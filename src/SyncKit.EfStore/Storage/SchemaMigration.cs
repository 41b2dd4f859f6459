namespace SyncKit.EfStore;

/// <summary>What <see cref="EventStoreSchema.MigrateAsync(string, CancellationToken)"/> did.</summary>
/// <param name="Applied">The migrations applied, oldest first; empty where the schema was current.</param>
/// <param name="Mended">The indexes, functions and triggers another program had changed, and that were put back.</param>
public sealed record SchemaMigration(IReadOnlyList<string> Applied, IReadOnlyList<string> Mended);
