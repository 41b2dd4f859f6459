using System.CommandLine;
using System.Threading.Channels;
using SyncKit.EfStore.Cli.Hosting;
using SyncKit.EfStore.Cli.Printing;

namespace SyncKit.EfStore.Cli.Commands;

/// <summary><c>synckit tail</c></summary>
internal sealed class TailCommand : Command, IHasExamples
{
    private const int Ahead = 1_000;

    private readonly Option<string?> _stream = CommonOptions.Stream();
    private readonly Option<string[]> _types = CommonOptions.Types();
    private readonly Option<EventVersion?> _since = CommonOptions.Version("--since", "Begin with the events after this version; 0 for all. Default: from now on.");
    private readonly Option<bool> _json = CommonOptions.JsonRows(CommonOptions.EventMembers);

    internal TailCommand()
        : base("tail", "Follow the log: print each event once, in version order, as soon as nothing can come before it.")
    {
        Add(_stream);
        Add(_types);
        Add(_since);
        Add(_json);
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples => ["synckit tail --stream order-17", "synckit tail --since 0 --type OrderPlaced | jq .data"];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        await using var host = StoreHost.Build(parsed);
        await host.ListenAsync(cancellationToken);
        using var states = new ListenerWatch(host.Realtime.ListenerStates);

        // Before it is said: what is committed from then on is behind this version.
        var since = parsed.GetValue(_since) ?? await host.Store.GetLatestVersionAsync(cancellationToken);
        var filter = new SubscriptionFilter { AggregateId = parsed.GetValue(_stream), EventTypes = parsed.GetValue(_types) ?? [] };
        var log = host.Realtime.SubscribeAsync(since, filter, cancellationToken);
        await using var printer = Printers.Events(parsed.GetValue(_json));
        StandardError.Plain(filter.AggregateId is { } stream ? $"following stream '{stream}'" : "following all events");

        var events = Channel.CreateBounded<StoredEvent>(new BoundedChannelOptions(Ahead) { SingleReader = true, SingleWriter = true });
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = ReadAsync(log, events.Writer, ended.Token);
        try
        {
            return await Following.PrintAsync(events, printer, states, cancellationToken);
        }
        finally
        {
            await ended.CancelAsync();
            await reading;
        }
    }

    /// <summary>Reads ahead of the printer, so that a lone event is written out at once and many in large pieces.</summary>
    private static async Task ReadAsync(IAsyncEnumerable<StoredEvent> log, ChannelWriter<StoredEvent> events, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var stored in log.WithCancellation(cancellationToken))
            {
                await events.WriteAsync(stored, cancellationToken);
            }
        }
        catch (Exception error)
        {
            events.TryComplete(error); // Whoever prints throws it.
        }
    }
}
