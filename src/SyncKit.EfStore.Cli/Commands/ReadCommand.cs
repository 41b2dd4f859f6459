using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using SyncKit.EfStore.Cli.Hosting;
using SyncKit.EfStore.Cli.Printing;

namespace SyncKit.EfStore.Cli.Commands;

/// <summary><c>synckit read</c></summary>
internal sealed class ReadCommand : Command, IHasExamples
{
    private readonly Option<string?> _stream = CommonOptions.Stream();
    private readonly Option<string[]> _types = CommonOptions.Types();
    private readonly Option<EventVersion?> _since = CommonOptions.Version("--since", "Only events after this version.");
    private readonly Option<EventVersion?> _before = CommonOptions.Version("--before", "Only events before this version.");
    private readonly Option<DateTimeOffset?> _from = Instant("--from", "Only events created at this time or later, such as 2026-11-23T08:30:00Z.");
    private readonly Option<DateTimeOffset?> _until = Instant("--until", "Only events created before this time.");
    private readonly Option<long?> _limit = new("--limit")
    {
        Description = "At most so many events.",
        HelpName = "n",
        CustomParser = ParseLimit,
    };

    private readonly Option<bool> _backwards = new("--backwards") { Description = "Newest first." };
    private readonly Option<bool> _settled = new("--settled")
    {
        Description = "Stop before appends that are still open, so that the last version printed can be given to --since later.",
    };

    private readonly Option<bool> _json = CommonOptions.Json();

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

    private static Option<DateTimeOffset?> Instant(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "time",
        CustomParser = result => ParseInstant(name, result),
    };

    private static long? ParseLimit(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit > 0)
        {
            return limit;
        }

        result.AddError($"--limit must be a whole number from 1; it is '{text}'.");
        return null;
    }

    // Without an offset a time is taken as UTC, whatever the machine's zone: the same command gives the same events everywhere.
    private static DateTimeOffset? ParseInstant(string name, ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (text.Length > 0 && char.IsAsciiDigit(text[0])
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant))
        {
            return instant;
        }

        result.AddError($"{name} must be a date and time such as 2026-11-23T08:30:00Z (UTC unless it has an offset); it is '{text}'.");
        return null;
    }
}
