using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace SyncKit.EfStore.Tests.Hosting;

/// <summary>The store in a real ASP.NET Core application, asked over HTTP.</summary>
[TestClass]
public sealed class AspNetCoreTests
{
    public required TestContext TestContext { get; set; }

    [TestMethod]
    public async Task An_endpoint_appends_through_the_injected_store_and_reads_through_the_injected_context()
    {
        var server = await TestServer.GetAsync();
        await using var database = await server.CreateDatabaseAsync(TestContext.CancellationToken);
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection([new("EventStore:ConnectionString", database.ConnectionString), new("EventStore:BatchSize", "10")]);
        builder.Services.AddPostgresEventStore(builder.Configuration.GetSection("EventStore"));
        await using var app = builder.Build();
        app.MapPost("/orders/{id}", async (string id, IEventStore store, CancellationToken cancellationToken) =>
            Results.Ok((await store.AppendAsync([new EventData(id, "OrderPlaced")], ExpectedVersion.NoStream, cancellationToken)).StreamVersion));
        app.MapGet("/orders", async (EventStoreDbContext db, CancellationToken cancellationToken) =>
            await db.Events.AsNoTracking().OrderBy(e => e.Version).Select(e => e.AggregateId).ToListAsync(cancellationToken));
        await app.StartAsync(TestContext.CancellationToken);

        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        using var client = new HttpClient { BaseAddress = new Uri(address) };
        using var placed = await client.PostAsync(new Uri("/orders/order-1", UriKind.Relative), null, TestContext.CancellationToken);
        var orders = await client.GetFromJsonAsync<string[]>(new Uri("/orders", UriKind.Relative), TestContext.CancellationToken);

        Assert.AreEqual(1, await placed.Content.ReadFromJsonAsync<long>(TestContext.CancellationToken));
        Assert.AreEqual("order-1", orders!.Single());
        await app.StopAsync(TestContext.CancellationToken);
    }
}
