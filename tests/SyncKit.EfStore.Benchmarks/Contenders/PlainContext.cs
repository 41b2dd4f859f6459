using Microsoft.EntityFrameworkCore;

namespace SyncKit.EfStore.Benchmarks.Contenders;

/// <summary>An application without an event store: a table of its own, and a plain table with the columns of the log.</summary>
internal sealed class PlainContext(DbContextOptions<PlainContext> options) : DbContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        Order.Map(modelBuilder.Entity<Order>());
        TextRow.Map(modelBuilder.Entity<TextRow>(), "plain_events");
    }
}
