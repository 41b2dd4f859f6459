using System.CommandLine;
using System.Reactive.Linq;
using System.Threading.Channels;
using SyncKit.EfStore.Cli.Hosting;
using SyncKit.EfStore.Cli.Printing;

namespace SyncKit.EfStore.Cli.Commands;

/// <summary><c>synckit listen</c></summary>
internal sealed class ListenCommand : Command, IHasExamples
{
    private readonly Option<string?> _stream = CommonOptions.Stream();
    private readonly Option<string[]> _types = CommonOptions.Types();
    private readonly Option<bool> _json = CommonOptions.JsonRows("version, stream_version, id, aggregate_id, event_type, created_at?, stream_name");

    internal ListenCommand()
        : base("listen", "Print the notifications of events as they are committed, without their data.")
    {
        Add(_stream);
        Add(_types);
        Add(_json);
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples => ["synckit listen", "synckit listen --type OrderPlaced --json"];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        await using var host = StoreHost.Build(parsed);
        await host.ListenAsync(cancellationToken);
        using var states = new ListenerWatch(host.Realtime.ListenerStates);

        // The store keeps a bounded queue for a slow observer, so nothing grows here while printing blocks it.
        var notifications = Channel.CreateBounded<EventNotification>(new BoundedChannelOptions(1) { SingleReader = true, SingleWriter = true });
        await using var printer = Printers.Notifications(parsed.GetValue(_json));
        using var subscription = Observe(host.Realtime, parsed).Subscribe(
            notified => Hand(notifications.Writer, notified),
            error => notifications.Writer.TryComplete(error),
            () => notifications.Writer.TryComplete());

        StandardError.Plain(parsed.GetValue(_stream) is { } stream ? $"listening to stream '{stream}'" : "listening to all events");
        try
        {
            return await Following.PrintAsync(notifications, printer, states, cancellationToken);
        }
        finally
        {
            notifications.Writer.TryComplete();
        }
    }

    private IObservable<EventNotification> Observe(IRealtimeEventStore store, ParseResult parsed)
    {
        var types = parsed.GetValue(_types) ?? [];
        var observed = parsed.GetValue(_stream) is { } stream ? store.ObserveStream(stream) : store.ObserveAll();
        return types.Length == 0 ? observed : observed.Where(notified => types.Contains(notified.EventType));
    }

    private static void Hand(ChannelWriter<EventNotification> writer, EventNotification notified)
    {
        try
        {
            while (!writer.TryWrite(notified) && writer.WaitToWriteAsync().AsTask().GetAwaiter().GetResult())
            {
            }
        }
        catch (ChannelClosedException)
        {
        }
    }
}
