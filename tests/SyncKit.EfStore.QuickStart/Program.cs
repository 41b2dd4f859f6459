using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SyncKit;

var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddPostgresEventStore(options => options.MigrateAtStart = true); // of ConnectionStrings__EventStore
using var host = builder.Build();
await host.StartAsync();
var store = host.Services.GetRequiredService<IRealtimeEventStore>();

var order = $"order-{Guid.NewGuid()}";
using var told = store.ObserveStream(order).Subscribe(n => Console.WriteLine($"told of {n.EventType}, {n.StreamVersion} in its stream"));

var placed = EventData.FromObject(order, "OrderPlaced", new { Total = 12 });
var result = await store.AppendAsync([placed], ExpectedVersion.NoStream);
var paid = EventData.FromJson(order, "OrderPaid", """{ "by": "card" }""");
await store.AppendAsync([paid], ExpectedVersion.Exactly(result.StreamVersion)); // fails if someone else appended meanwhile

await foreach (var stored in store.LoadByAggregateAsync(order))
{
    Console.WriteLine($"version {stored.Version}: {stored.EventType} {stored.Data}");
}

await host.StopAsync();
