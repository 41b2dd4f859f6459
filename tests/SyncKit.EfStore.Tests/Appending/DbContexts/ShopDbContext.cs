using Microsoft.EntityFrameworkCore;

namespace SyncKit.EfStore.Tests.Appending.DbContexts;

/// <summary>An application's own context: one table of its own, and the events.</summary>
internal sealed class ShopDbContext(DbContextOptions<ShopDbContext> options) : DbContext(options)
{
    internal DbSet<ShopOrder> Orders => Set<ShopOrder>();

    internal DbSet<EventRow> Events => Set<EventRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<ShopOrder>(order =>
        {
            order.ToTable("a_shop_orders");
            order.HasKey(o => o.Number);
        });
        modelBuilder.MapEvents();
    }
}

internal sealed class ShopOrder
{
    public required string Number { get; init; }

    public int Total { get; set; }
}
