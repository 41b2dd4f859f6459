using Microsoft.EntityFrameworkCore;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore;

/// <summary>
/// The EF Core model of the event log, for LINQ over events and for migrations. Not safe for several threads at once, like
/// every DbContext.
/// </summary>
/// <param name="options">Made by <c>AddPostgresEventStore</c>, or by hand with <c>UseNpgsql</c>.</param>
public sealed class EventStoreDbContext(DbContextOptions<EventStoreDbContext> options) : DbContext(options)
{
    /// <summary>All events. Order by <see cref="EventRow.Version"/>; prefer <c>AsNoTracking()</c>.</summary>
    public DbSet<EventRow> Events => Set<EventRow>();

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder modelBuilder) =>
        modelBuilder.Entity<EventRow>(row => EventRowMapping.Map(row, schema: null));
}
