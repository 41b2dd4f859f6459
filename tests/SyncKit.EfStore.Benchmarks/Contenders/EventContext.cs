using Microsoft.EntityFrameworkCore;

namespace SyncKit.EfStore.Benchmarks.Contenders;

/// <summary>The same application with the event store in its model.</summary>
internal sealed class EventContext(DbContextOptions<EventContext> options) : DbContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        Order.Map(modelBuilder.Entity<Order>());
        modelBuilder.MapEvents();
    }
}
