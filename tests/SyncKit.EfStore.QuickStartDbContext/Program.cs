using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SyncKit;
using SyncKit.EfStore;

var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddPostgresEventStore(options => options.MigrateAtStart = true).UseInDbContext<ShopDbContext>();
builder.Services.AddDbContext<ShopDbContext>(options => options.UseNpgsql(builder.Configuration.GetConnectionString("EventStore")));
using var host = builder.Build();
await host.StartAsync();

await using var scope = host.Services.CreateAsyncScope();
var db = scope.ServiceProvider.GetRequiredService<ShopDbContext>();
var events = scope.ServiceProvider.GetRequiredService<IEventAppender<ShopDbContext>>();
await db.Database.ExecuteSqlAsync($"CREATE TABLE IF NOT EXISTS orders (id text PRIMARY KEY, total int)"); // your migrations do this

var order = new Order($"order-{Guid.NewGuid()}", Total: 12);
db.Add(order);
events.Append(EventData.FromObject(order.Id, "OrderPlaced", new { order.Total }), ExpectedVersion.NoStream);
await db.SaveChangesAsync(); // both or neither; WrongExpectedVersionException where the stream is there already

var history = db.Set<Order>().Join(db.Set<EventRow>(), o => o.Id, e => e.AggregateId, (o, e) => new { o.Id, o.Total, e.EventType, e.StreamVersion });
foreach (var entry in await history.Where(entry => entry.Id == order.Id).ToListAsync())
{
    Console.WriteLine($"an order of {entry.Total}: {entry.EventType}, {entry.StreamVersion} in its stream");
}

await host.StopAsync();

internal sealed record Order(string Id, int Total);

internal sealed class ShopDbContext(DbContextOptions<ShopDbContext> options) : DbContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Order>().ToTable("orders").Property(o => o.Id).HasColumnName("id");
        modelBuilder.Entity<Order>().Property(o => o.Total).HasColumnName("total");
        modelBuilder.MapEvents(); // left out of your migrations
    }
}
