using Microsoft.EntityFrameworkCore;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore;

/// <summary>Maps the event log into an application's own model.</summary>
public static class EventModelBuilderExtensions
{
    /// <summary>
    /// Maps <see cref="EventRow"/> to the store's table, so that LINQ joins events with the application's tables and its <c>SaveChanges</c>
    /// can store events. Call it in <c>OnModelCreating</c>.
    /// </summary>
    /// <remarks>
    /// The table stays the store's: it is left out of the application's migrations, and naming conventions do not touch its names.
    /// </remarks>
    /// <param name="modelBuilder">The application's model.</param>
    /// <param name="schema">
    /// The schema of the store's table. Default: null, as for every table of the model: found by the connection's <c>search_path</c>, or in
    /// the schema of <c>HasDefaultSchema</c>. So an application that has a default schema of its own says <c>MapEvents("public")</c>.
    /// </param>
    public static ModelBuilder MapEvents(this ModelBuilder modelBuilder, string? schema = null)
    {
        ArgumentNullException.ThrowIfNull(modelBuilder);
        modelBuilder.Entity<EventRow>(row =>
        {
            EventRowMapping.Map(row, schema);
            row.ToTable(table => table.ExcludeFromMigrations());
        });
        return modelBuilder;
    }
}
