using System.CommandLine;
using SyncKit.EfStore.Cli.Hosting;
using SyncKit.EfStore.Cli.Printing;

namespace SyncKit.EfStore.Cli.Commands;

/// <summary><c>synckit read</c></summary>
internal sealed class ReadCommand : Command, IHasExamples
{
    private readonly Option<string?> _stream = CommonOptions.Stream();
    private readonly Option<string[]> _types = CommonOptions.Types();
    private readonly Option<EventVersion?> _since = CommonOptions.Version("--since", "Only events after this version. Default: 0, from the first.");
    private readonly Option<EventVersion?> _before = CommonOptions.Version("--before", "Only events before this version. Default: to the last.");
    private readonly Option<DateTimeOffset?> _from = CommonOptions.Time("--from", "Only events created at this time or later, such as 2026-11-23T08:30:00Z; UTC unless it has an offset. Default: any time.");
    private readonly Option<DateTimeOffset?> _until = CommonOptions.Time("--until", "Only events created before this time. Default: any time.");
    private readonly Option<long?> _limit = CommonOptions.Limit("events");
    private readonly Option<bool> _backwards = new("--backwards") { Description = "Newest first." };
    private readonly Option<bool> _settled = new("--settled")
    {
        Description = "Stop before appends that are still open, so that the last version printed can be given to --since later.",
    };

    private readonly Option<bool> _json = CommonOptions.JsonRows(CommonOptions.EventMembers);

    internal ReadCommand()
        : base("read", "Print stored events in order, as JSON Lines in a pipe.")
    {
        Add(_stream);
        Add(_types);
        Add(_since);
        Add(_before);
        Add(_from);
        Add(_until);
        Add(_limit);
        Add(_backwards);
        Add(_settled);
        Add(_json);
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples =>
    [
        "synckit read --stream order-17",
        "synckit read --type OrderPlaced --type OrderPaid --from 2026-11-01T00:00:00Z",
        "synckit read --backwards --limit 10",
        "synckit read | gzip > events.jsonl.gz",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var query = new EventQuery
        {
            AggregateId = parsed.GetValue(_stream),
            EventTypes = parsed.GetValue(_types) ?? [],
            After = parsed.GetValue(_since) ?? EventVersion.Zero,
            Before = parsed.GetValue(_before),
            CreatedFrom = parsed.GetValue(_from),
            CreatedBefore = parsed.GetValue(_until),
            Limit = parsed.GetValue(_limit),
            Direction = parsed.GetValue(_backwards) ? ReadDirection.Backwards : ReadDirection.Forwards,
            IncludeUnsettled = !parsed.GetValue(_settled),
        };
        await using var host = StoreHost.Build(parsed);
        await using var printer = Printers.Events(parsed.GetValue(_json));
        await foreach (var stored in host.Store.ReadAsync(query, cancellationToken))
        {
            await printer.PrintAsync(stored, cancellationToken);
        }

        await printer.FlushAsync(cancellationToken);
        return ExitCodes.Done;
    }
}
