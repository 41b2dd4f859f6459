using System.CommandLine;
using System.Threading.Channels;
using SyncKit.EfStore.Cli.Hosting;
using SyncKit.EfStore.Cli.Printing;
using SyncKit.EfStore.Cli.Samples;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Cli.Commands;

/// <summary><c>synckit demo</c></summary>
internal sealed class DemoCommand : Command, IHasExamples
{
    private const int AtATime = 4;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(120);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    internal DemoCommand()
        : base("demo", "Show it all in a few seconds, in a database of its own: provision, append, follow. Leaves nothing behind.")
    {
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples => ["synckit demo", "synckit demo --connection \"Host=localhost;Username=me;Database=postgres\""];

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(CommonOptions.Connection) is { } connection)
        {
            // The server finder looks there first.
            Environment.SetEnvironmentVariable(CommonOptions.ConnectionVariable, connection);
        }

        try
        {
            await RunAsync(new Story(), cancellationToken);
            return ExitCodes.Done;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            StandardError.Line("Stopped. Nothing of the demo is left.");
            return ExitCodes.Done;
        }
    }

    private static async Task RunAsync(Story story, CancellationToken cancellationToken)
    {
        story.Step("Finding or starting a PostgreSQL …");
        await using var server = await PostgresServer.StartAsync(cancellationToken: cancellationToken);
        story.Detail(server.Description);

        story.Step("Creating a database for this demo and the event log in it …");
        await using var database = await server.CreateEmptyDatabaseAsync(cancellationToken);
        var migration = await EventStoreSchema.MigrateAsync(database.ConnectionString, cancellationToken);
        story.Detail($"database {database.Name}, migrations applied: {string.Join(", ", migration.Applied)}");

        story.Step("Following the log: LISTEN first, so that nothing is missed …");
        await using var host = StoreHost.Build(database.ConnectionString);
        await host.ListenAsync(cancellationToken);
        var arrivals = Channel.CreateUnbounded<StoredEvent>();
        await using var following = await host.Realtime.SubscribeToAllAsync(
            async (stored, token) => await arrivals.Writer.WriteAsync(stored, token), cancellationToken: cancellationToken);
        story.Detail("in place");

        var sample = await Sample.ReadAsync(cancellationToken);
        story.Step($"Appending {sample.Count} events of the history of a real repository, {AtATime} in each transaction. A stream is a file.");
        var delays = new Delays(TimeProvider.System);
        foreach (var group in sample.Chunk(AtATime))
        {
            await host.Store.StoreAsync(group, cancellationToken);
            await ShowAsync(arrivals, group.Length, delays, story, cancellationToken);
            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }

        story.Step("Two writers read a stream at the same version, and both append. The second one is refused …");
        await RaceAsync(host.Store, sample[0].AggregateId, story, cancellationToken);
        await ShowAsync(arrivals, 1, delays, story, cancellationToken);

        story.Step("A writer that does not know whether its append arrived sends it again …");
        var again = await host.Store.StoreAsync(sample[0], cancellationToken);
        story.Detail($"answer: already stored, as version {again.Version}. Nothing was stored twice.");

        var streams = sample.Select(eventData => eventData.AggregateId).Distinct().Count();
        story.Summary(
            $"{delays.Count} events in {streams} streams, each stored in one transaction and shown once, in order.",
            $"From its transaction to this screen an event took {delays.Median:0.0} ms (median), {delays.Longest:0.0} ms at most.");
    }

    private static async Task RaceAsync(IEventStore store, string stream, Story story, CancellationToken cancellationToken)
    {
        var known = 0L;
        await foreach (var stored in store.LoadByAggregateAsync(stream, cancellationToken: cancellationToken))
        {
            known = stored.StreamVersion;
        }

        var expected = ExpectedVersion.Exactly(known);
        await store.AppendAsync([EventData.FromJson(stream, "FileModified", """{"by": "first writer"}""")], expected, cancellationToken);
        try
        {
            await store.AppendAsync([EventData.FromJson(stream, "FileModified", """{"by": "second writer"}""")], expected, cancellationToken);
        }
        catch (WrongExpectedVersionException refused)
        {
            story.Detail($"refused: {refused.Message}");
        }
    }

    private static async Task ShowAsync(
        ChannelReader<StoredEvent> arrivals, int count, Delays delays, Story story, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            for (var shown = 0; shown < count; shown++)
            {
                var stored = await arrivals.ReadAsync(either.Token);
                story.Event(stored, delays.Add(stored));
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"An event that was stored did not arrive within {Patience.TotalSeconds:0} s.");
        }
    }
}
