using Microsoft.EntityFrameworkCore;

namespace SyncKit.EfStore.Stress.Folding;

/// <summary>The application's context: the one table <c>fold</c>.</summary>
internal sealed class FoldContext(DbContextOptions<FoldContext> options) : DbContext(options)
{
    internal DbSet<FoldRow> Rows => Set<FoldRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.Entity<FoldRow>(row =>
    {
        row.ToTable("fold");
        row.HasKey(r => r.AggregateId);
        row.Property(r => r.AggregateId).HasColumnName("aggregate_id");
        row.Property(r => r.Events).HasColumnName("events");
        row.Property(r => r.Total).HasColumnName("total");
    });
}

/// <summary>What was made of one stream so far.</summary>
internal sealed class FoldRow
{
    public required string AggregateId { get; init; }

    public long Events { get; set; }

    public long Total { get; set; }

    internal void Take(StoredEvent stored)
    {
        using var data = stored.Data!.ToDocument();
        Events++;
        Total += data.RootElement.TryGetProperty("number", out var value) ? value.GetInt64() : 0;
    }
}
