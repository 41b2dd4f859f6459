using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
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
    /// The table stays the store's: it is left out of the application's migrations. It is found by the connection's <c>search_path</c>,
    /// whatever <c>HasDefaultSchema</c> says, and under its own names, whatever naming convention the application has.
    /// </remarks>
    /// <param name="modelBuilder">The application's model.</param>
    public static ModelBuilder MapEvents(this ModelBuilder modelBuilder)
    {
        ArgumentNullException.ThrowIfNull(modelBuilder);
        modelBuilder.Entity<EventRow>(row =>
        {
            // Null would mean the default schema, and EF's own method takes no empty name. First, because the trigger keeps the schema it finds.
            row.Metadata.SetAnnotation(RelationalAnnotationNames.Schema, "");
            EventRowMapping.Map(row);
            row.ToTable(table => table.ExcludeFromMigrations());
        });
        return modelBuilder;
    }
}
