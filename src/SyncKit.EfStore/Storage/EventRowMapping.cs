using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

namespace SyncKit.EfStore.Storage;

/// <summary>How EF Core sees the log: one mapping for the store's own context and for those of applications.</summary>
internal static class EventRowMapping
{
    internal static void Map(EntityTypeBuilder<EventRow> row, string? schema)
    {
        row.ToTable(SchemaNames.EventsTable, schema, table => table.HasTrigger(SchemaNames.NotifyTrigger));
        row.HasKey(e => e.Version).HasName(SchemaNames.PrimaryKey);
        row.HasAlternateKey(e => e.Id).HasName(SchemaNames.IdKey);
        row.Property(e => e.Version).HasColumnName("version").UseSerialColumn();
        row.Property(e => e.Id).HasColumnName("id");
        row.Property(e => e.AggregateId).HasColumnName("aggregate_id");
        row.Property(e => e.EventType).HasColumnName("event_type");
        row.Property(e => e.Data).HasColumnName("data").HasColumnType("jsonb");
        row.Property(e => e.Metadata).HasColumnName("metadata").HasColumnType("jsonb");
        row.Property(e => e.CreatedAt).HasColumnName("created_at").HasDefaultValueSql("now()");
        row.Property(e => e.StreamName).HasColumnName("stream_name")
            .HasComputedColumnSql("'stream_' || aggregate_id", stored: true).IsRequired(false);

        // Left out of the INSERT where it is 0, and read back: the trigger fills it in. Any other strategy would make it
        // an identity column, and then the trigger never fires.
        row.Property(e => e.StreamVersion).HasColumnName("stream_version").ValueGeneratedOnAdd()
            .Metadata.SetValueGenerationStrategy(NpgsqlValueGenerationStrategy.None);

        row.HasIndex(e => new { e.AggregateId, e.StreamVersion }).IsUnique().HasDatabaseName(SchemaNames.StreamIndex);
        row.HasIndex(e => e.StreamName).HasDatabaseName(SchemaNames.StreamNameIndex);
        row.HasIndex(e => new { e.EventType, e.Version }).HasDatabaseName(SchemaNames.TypeIndex);
        row.HasIndex(e => e.CreatedAt).HasMethod("brin").HasDatabaseName(SchemaNames.CreatedAtIndex);
    }
}
