namespace SyncKit.EfStore.Testing;

/// <summary>The one place that says what a fresh database contains.</summary>
internal static class TemplateSchema
{
    /// <summary>Brings the template database up to date. Every database handed out is a copy of the result.</summary>
    internal static Task MigrateAsync(string connectionString, CancellationToken cancellationToken) =>
        EventStoreSchema.MigrateAsync(connectionString, cancellationToken);
}
