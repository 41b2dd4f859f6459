using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace SyncKit.EfStore.Benchmarks.Contenders;

/// <summary>A row with the columns of <c>events</c>.</summary>
internal sealed class TextRow
{
    public long Version { get; init; }

    public required string Id { get; init; }

    public required string AggregateId { get; init; }

    public required string EventType { get; init; }

    public string? Data { get; init; }

    public string? Metadata { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }

    public string? StreamName { get; init; }

    public long StreamVersion { get; init; }

    /// <summary>Version, time and stream name come from the server; the stream version is supplied.</summary>
    internal static void Map(EntityTypeBuilder<TextRow> row, string table)
    {
        row.ToTable(table);
        row.HasKey(e => e.Version);
        row.Property(e => e.Version).HasColumnName("version").ValueGeneratedOnAdd();
        row.Property(e => e.Id).HasColumnName("id");
        row.Property(e => e.AggregateId).HasColumnName("aggregate_id");
        row.Property(e => e.EventType).HasColumnName("event_type");
        row.Property(e => e.Data).HasColumnName("data").HasColumnType("jsonb");
        row.Property(e => e.Metadata).HasColumnName("metadata").HasColumnType("jsonb");
        row.Property(e => e.CreatedAt).HasColumnName("created_at").HasDefaultValueSql("now()");
        row.Property(e => e.StreamName).HasColumnName("stream_name").HasComputedColumnSql("'stream_' || aggregate_id", stored: true);
        row.Property(e => e.StreamVersion).HasColumnName("stream_version").ValueGeneratedNever();
    }
}
