using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace SyncKit.EfStore.Tests.Diagnostics;

/// <summary>HTTP request → append → handler in another process → append: one linked trace. Alone, since whoever listens hears the whole process.</summary>
[TestClass]
[DoNotParallelize]
public sealed class LinkedTraceTests
{
    public required TestContext TestContext { get; set; }

    [TestMethod]
    public async Task A_request_its_append_and_the_handler_in_another_process_are_linked()
    {
        var server = await TestServer.GetAsync();
        await using var database = await server.CreateDatabaseAsync(TestContext.CancellationToken);
        var activities = new List<Activity>();
        using var provider = Sdk.CreateTracerProviderBuilder()
            .AddSource("Microsoft.AspNetCore", EventStoreDiagnostics.ActivitySourceName)
            .AddInMemoryExporter(activities)
            .Build();
        await using var app = Build(database.ConnectionString);
        await app.StartAsync(TestContext.CancellationToken);
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        const string Client = "0af7651916cd43dd8448eb211c80319c";
        using var client = new HttpClient { BaseAddress = new Uri(address) };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/orders/order-1");
        request.Headers.Add("traceparent", $"00-{Client}-b7ad6b7169203331-01");
        request.Headers.Add("tracestate", "vendor=1");

        using var placed = await client.SendAsync(request, TestContext.CancellationToken);
        var id = await placed.EnsureSuccessStatusCode().Content.ReadAsStringAsync(TestContext.CancellationToken);
        var elsewhere = await HandlerProcess.StartAsync(database.ConnectionString);
        var store = app.Services.GetRequiredService<IEventStore>();
        var sent = await store.LoadByAggregateAsync(HandlerProcess.Sent).SingleAsync(TestContext.CancellationToken);
        await app.StopAsync(TestContext.CancellationToken);
        provider.ForceFlush();

        var spans = activities.Select(SeenSpan.Of).ToList();
        var incoming = spans.Single(span => span.Kind == "Server");
        var append = spans.Single(span => span.Name == "append events");
        Assert.AreEqual(Client, incoming.TraceId);
        Assert.AreEqual((Client, incoming.SpanId, "Producer"), (append.TraceId, append.ParentSpanId, append.Kind));

        // The other process.
        var batch = elsewhere.Single(span => span.Name == "batch mails");
        var handle = elsewhere.Single(span => span.Name == "handle mails");
        var second = elsewhere.Single(span => span.Name == "append events");
        Assert.AreEqual((append.Address, "Consumer"), (handle.Links, handle.Kind));
        Assert.AreEqual((batch.TraceId, batch.SpanId), (handle.TraceId, handle.ParentSpanId));
        Assert.AreEqual((batch.TraceId, handle.SpanId), (second.TraceId, second.ParentSpanId));
        Assert.AreEqual("0000000000000000", batch.ParentSpanId);

        // What it appended says where it comes from: the request's trace, by way of the event.
        using var metadata = sent.Metadata!.ToDocument();
        Assert.AreEqual($"00-{second.TraceId}-{second.SpanId}-01", metadata.RootElement.GetProperty("traceparent").GetString());
        Assert.AreEqual(Client, metadata.RootElement.GetProperty("correlation_id").GetString());
        Assert.AreEqual(id, metadata.RootElement.GetProperty("causation_id").GetString());
    }

    private static WebApplication Build(string connectionString)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddPostgresEventStore(connectionString);
        var app = builder.Build();
        app.MapPost("/orders/{id}", async (string id, IEventStore store, CancellationToken cancellationToken) =>
        {
            var placed = new EventData(id, "OrderPlaced");
            await store.AppendAsync([placed], ExpectedVersion.NoStream, cancellationToken);
            return placed.Id;
        });
        return app;
    }
}
