using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace SyncKit.EfStore.Benchmarks.Contenders;

/// <summary>The application's own row.</summary>
internal sealed class Order
{
    public long Id { get; init; }

    public required string Customer { get; init; }

    public decimal Total { get; init; }

    public DateTimeOffset PlacedAt { get; init; }

    internal static void Map(EntityTypeBuilder<Order> order)
    {
        order.ToTable("orders");
        order.Property(o => o.Id).HasColumnName("id").UseIdentityAlwaysColumn();
        order.Property(o => o.Customer).HasColumnName("customer");
        order.Property(o => o.Total).HasColumnName("total");
        order.Property(o => o.PlacedAt).HasColumnName("placed_at");
    }
}
