using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Trace;
using SyncKit.EfStore.Tests.Subscriptions.Named;

namespace SyncKit.EfStore.Tests.Diagnostics;

/// <summary>A process of its own that handles one event, appends another while it does, and tells the spans it made.</summary>
internal static class HandlerProcess
{
    internal const string Verb = "handle-and-tell-spans";

    internal const string Subscription = "mails";

    /// <summary>The stream of what the handler appends.</summary>
    internal const string Sent = "sent";

    /// <summary>The child: one line for each span.</summary>
    internal static async Task RunAsync(string connectionString)
    {
        var spans = new List<Activity>();
        using var provider = Sdk.CreateTracerProviderBuilder()
            .AddSource(EventStoreDiagnostics.ActivitySourceName)
            .AddInMemoryExporter(spans)
            .Build();
        await using (var host = await SubscribingHost.StartAsync(
            connectionString,
            (_, builder) => builder.AddSubscription<Mailer>(Subscription, SubscribingHost.Quick(options => options.Filter = new() { EventTypes = ["OrderPlaced"] }))))
        {
            await host.Subscriptions.WaitUntilProcessedAsync(Subscription, new EventVersion(1));
        }

        provider.ForceFlush();
        foreach (var span in spans)
        {
            await Console.Out.WriteLineAsync(SeenSpan.Of(span).ToString());
        }
    }

    /// <summary>The parent: runs one to its end, and returns its spans.</summary>
    internal static async Task<IReadOnlyList<SeenSpan>> StartAsync(string connectionString)
    {
        var program = Path.ChangeExtension(typeof(HandlerProcess).Assembly.Location, OperatingSystem.IsWindows() ? ".exe" : null);
        using var process = Process.Start(new ProcessStartInfo(program, [Verb, connectionString])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.AreEqual(0, process.ExitCode, await error);
        return [.. said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(SeenSpan.Parse)];
    }

    private sealed class Mailer(IEventStore store) : IEventHandler
    {
        public Task HandleAsync(StoredEvent stored, CancellationToken cancellationToken) =>
            store.StoreAsync(new EventData(Sent, "MailSent"), cancellationToken);
    }
}

/// <summary>What matters of a span where several processes are one trace.</summary>
internal sealed record SeenSpan(string Name, string Kind, string TraceId, string SpanId, string ParentSpanId, string Links)
{
    internal static SeenSpan Of(Activity span) => new(
        span.DisplayName,
        span.Kind.ToString(),
        span.TraceId.ToHexString(),
        span.SpanId.ToHexString(),
        span.ParentSpanId.ToHexString(),
        string.Join(',', span.Links.Select(link => $"{link.Context.TraceId}/{link.Context.SpanId}")));

    internal static SeenSpan Parse(string line) =>
        line.Split('\t') is [var name, var kind, var trace, var span, var parent, var links]
            ? new SeenSpan(name, kind, trace, span, parent, links)
            : throw new FormatException($"'{line}' is no span.");

    /// <summary>As a link to it reads.</summary>
    internal string Address => $"{TraceId}/{SpanId}";

    public override string ToString() => string.Join('\t', Name, Kind, TraceId, SpanId, ParentSpanId, Links);
}
