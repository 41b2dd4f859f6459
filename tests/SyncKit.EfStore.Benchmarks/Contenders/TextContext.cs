using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace SyncKit.EfStore.Benchmarks.Contenders;

/// <summary>The log as a plain EF model may map it: both documents as text, nothing parsed.</summary>
internal sealed class TextContext(NpgsqlDataSource pool) : DbContext
{
    internal DbSet<TextRow> Events => Set<TextRow>();

    protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder) => optionsBuilder.UseNpgsql(pool);

    protected override void OnModelCreating(ModelBuilder modelBuilder) => TextRow.Map(modelBuilder.Entity<TextRow>(), "events");
}
