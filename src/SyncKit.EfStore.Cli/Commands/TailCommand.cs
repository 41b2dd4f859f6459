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
    private readonly Option<bool> _json = CommonOptions.Json();

    internal TailCommand()
        : base("tail", "Follow the log: print each event once, as soon as it is committed.")
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

        var types = parsed.GetValue(_types) ?? [];
        var events = Channel.CreateBounded<StoredEvent>(new BoundedChannelOptions(Ahead) { SingleReader = true });
        await using var printer = Printers.Events(parsed.GetValue(_json));
        await using var subscription = await SubscribeAsync(
            host.Realtime, parsed, async (stored, token) =>
            {
                if (types.Length == 0 || types.Contains(stored.EventType))
                {
                    await events.Writer.WriteAsync(stored, token);
                }
            },
            cancellationToken);

        StandardError.Plain(parsed.GetValue(_stream) is { } stream ? $"following stream '{stream}'" : "following all events");
        return await Following.PrintAsync(events, printer, states, cancellationToken);
    }

    private Task<IAsyncDisposable> SubscribeAsync(
        IRealtimeEventStore store, ParseResult parsed, Func<StoredEvent, CancellationToken, Task> handler, CancellationToken cancellationToken) =>
        parsed.GetValue(_stream) is { } stream
            ? store.SubscribeToStreamAsync(stream, handler, parsed.GetValue(_since), cancellationToken)
            : store.SubscribeToAllAsync(handler, parsed.GetValue(_since), cancellationToken);
}
