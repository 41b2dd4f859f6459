using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Metadata.Conventions;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Migrations.Operations;
using Microsoft.EntityFrameworkCore.ValueGeneration;

namespace SyncKit.EfStore.Tests.Appending.DbContexts;

/// <summary>The log in an application's model: open to LINQ, and none of its migrations' business.</summary>
[TestClass]
public sealed class MapEventsTests
{
    private static Shop _shop = null!;

    [ClassInitialize]
    public static async Task Open(TestContext _) => _shop = await Shop.OpenAsync();

    [ClassCleanup]
    public static async Task Close() => await _shop.DisposeAsync();

    [TestMethod]
    public void The_applications_first_migration_makes_its_own_tables_only()
    {
        using var db = _shop.CreateContext();

        var operations = db.GetService<IMigrationsModelDiffer>()
            .GetDifferences(null, db.GetService<IDesignTimeModel>().Model.GetRelationalModel());

        Assert.AreEqual("a_shop_orders", ((CreateTableOperation)operations.Single()).Name);
    }

    [TestMethod]
    public void The_events_are_mapped_as_the_store_maps_them()
    {
        using var db = _shop.CreateContext();
        using var own = _shop.Store.CreateContext();

        Assert.AreEqual(Describe(own), Describe(db));

        static string Describe(DbContext context) => context.GetService<IDesignTimeModel>().Model.FindEntityType(typeof(EventRow))!
            .ToDebugString(MetadataDebugStringOptions.LongDefault & ~MetadataDebugStringOptions.IncludeAnnotations);
    }

    [TestMethod]
    public async Task Events_join_with_the_applications_tables()
    {
        var number = Sample.Stream();
        await using var db = _shop.CreateContext();
        db.Orders.Add(new ShopOrder { Number = number, Total = 12 });
        db.AppendEvents([EventData.FromJson(number, "Placed", """{"total": 12}""")]);
        await db.SaveChangesAsync();

        var joined = await (
            from order in db.Orders
            join stored in db.Events on order.Number equals stored.AggregateId
            where order.Number == number && stored.Data!.Value.GetProperty("total").GetInt32() == order.Total
            select new { order.Total, stored.EventType, stored.StreamVersion }).SingleAsync();

        Assert.AreEqual((12, "Placed", 1L), (joined.Total, joined.EventType, joined.StreamVersion));
    }

    [TestMethod]
    public async Task A_default_schema_and_a_naming_convention_of_the_application_leave_the_events_where_they_are()
    {
        var stream = Sample.Stream();
        var options = new DbContextOptionsBuilder<SchemaDbContext>();
        options.UseNpgsql(_shop.ConnectionString).UseEventStore();
        await using var db = new SchemaDbContext(options.Options);

        db.AppendEvents(Sample.Events(stream, 2), ExpectedVersion.NoStream);
        await db.SaveChangesAsync();

        var rows = await db.Set<EventRow>().AsNoTracking().Where(row => row.AggregateId == stream).OrderBy(row => row.Version).ToListAsync();
        CollectionAssert.AreEqual((long[])[1, 2], rows.Select(row => row.StreamVersion).ToArray());
        var operations = db.GetService<IMigrationsModelDiffer>()
            .GetDifferences(null, db.GetService<IDesignTimeModel>().Model.GetRelationalModel());
        CollectionAssert.AreEqual(
            (string[])["CREATE SCHEMA app", "app.x_shop_order"],
            operations.Select(operation => operation is CreateTableOperation table ? $"{table.Schema}.{table.Name}"
                : $"CREATE SCHEMA {((EnsureSchemaOperation)operation).Name}").ToArray());
    }

    [TestMethod]
    public async Task A_context_without_the_events_in_its_model_is_told_to_map_them()
    {
        var options = new DbContextOptionsBuilder<DbContext>();
        options.UseNpgsql(_shop.ConnectionString).UseEventStore();
        await using var db = new DbContext(options.Options);

        var refused = Assert.ThrowsExactly<InvalidOperationException>(() => db.AppendEvents([Sample.Event("stream")]));

        Assert.AreEqual(
            "The model of 'DbContext' does not map the events. Call modelBuilder.MapEvents() in its OnModelCreating.", refused.Message);
    }

    [TestMethod]
    [DataRow("HiLo", "by HiLo")]
    [DataRow("never", "itself")]
    [DataRow("generator", "by a value generator")]
    public async Task A_model_that_chooses_versions_after_all_is_refused_before_it_stores_an_event(string how, string said)
    {
        var options = new DbContextOptionsBuilder<OwnVersionsDbContext>();
        options.UseNpgsql(_shop.ConnectionString).UseEventStore().ReplaceService<IModelCacheKeyFactory, OneModelEach>();
        await using var db = new OwnVersionsDbContext(options.Options, how);

        var refused = Assert.ThrowsExactly<InvalidOperationException>(() => db.AppendEvents([Sample.Event("stream")]));
        db.Add(new EventRow { Version = 1_000_000, Id = "own", AggregateId = "own", EventType = "T" });
        var refusedAgain = await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => db.SaveChangesAsync());

        Assert.AreEqual(
            $"The model of 'OwnVersionsDbContext' draws EventRow.Version {said}; the column's own sequence must, or readers miss events. "
                + "Leave the property as MapEvents maps it. UseHiLo on the whole model does no harm.",
            refused.Message);
        Assert.AreEqual(refused.Message, refusedAgain.Message);
        Assert.IsEmpty(await _shop.Store.StreamAsync("own"));
    }

    private sealed class OwnVersionsDbContext(DbContextOptions<OwnVersionsDbContext> options, string how) : DbContext(options)
    {
        internal string How => how;

        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            modelBuilder.MapEvents();
            var version = modelBuilder.Entity<EventRow>().Property(row => row.Version);
            _ = how switch
            {
                "HiLo" => version.UseHiLo(),
                "never" => version.ValueGeneratedNever(),
                _ => version.HasValueGenerator((_, _) => new OwnNumbers()),
            };
        }
    }

    private sealed class OwnNumbers : ValueGenerator<long>
    {
        public override bool GeneratesTemporaryValues => false;

        public override long Next(EntityEntry entry) => 1_000_000;
    }

    private sealed class OneModelEach : IModelCacheKeyFactory
    {
        public object Create(DbContext context, bool designTime) => (context.GetType(), ((OwnVersionsDbContext)context).How, designTime);
    }

    private sealed class SchemaDbContext(DbContextOptions<SchemaDbContext> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            modelBuilder.MapEvents("public");
            modelBuilder.HasDefaultSchema("app");
            modelBuilder.Entity<ShopOrder>().HasKey(order => order.Number);
        }

        protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
            configurationBuilder.Conventions.Add(_ => new Renaming());
    }

    /// <summary>What a naming convention does: it names all that the application did not name itself.</summary>
    private sealed class Renaming : IModelFinalizingConvention
    {
        public void ProcessModelFinalizing(IConventionModelBuilder modelBuilder, IConventionContext<IConventionModelBuilder> context)
        {
            foreach (var entity in modelBuilder.Metadata.GetEntityTypes())
            {
                entity.Builder.ToTable(entity.ClrType == typeof(ShopOrder) ? "x_shop_order" : "x_event_row");
                foreach (var property in entity.GetProperties())
                {
                    property.Builder.HasColumnName($"x_{property.Name}");
                }

                foreach (var key in entity.GetKeys())
                {
                    key.Builder.HasName($"x_key_{key.Properties[0].Name}");
                }
            }
        }
    }
}
