using System.CommandLine;
using SyncKit.EfStore.Cli.Hosting;
using SyncKit.EfStore.Cli.Printing;

namespace SyncKit.EfStore.Cli.Commands;

/// <summary><c>synckit audit</c></summary>
internal sealed class AuditCommand : Command, IHasExamples
{
    private readonly Option<DateTimeOffset?> _since = CommonOptions.Time("--since", "Only what happened at this time or later, such as 2026-11-23T08:30:00Z; UTC unless it has an offset. Default: any time.");
    private readonly Option<DateTimeOffset?> _until = CommonOptions.Time("--until", "Only what happened before this time. Default: any time.");
    private readonly Option<string?> _stream = CommonOptions.Stream();
    private readonly Option<EventVersion?> _version = CommonOptions.Version("--version", "Only what happened to the event of this version. Default: all events.");
    private readonly Option<AuditOperation?> _operation = new("--operation")
    {
        Description = "Only this: update, delete, truncate or erase. Default: all of them.",
        HelpName = "operation",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (Enum.TryParse<AuditOperation>(text, ignoreCase: true, out var operation) && !char.IsAsciiDigit(text[0]))
            {
                return operation;
            }

            result.AddError($"--operation must be update, delete, truncate or erase; it is '{text}'.");
            return null;
        },
    };

    private readonly Option<long?> _limit = CommonOptions.Limit("entries");
    private readonly Option<bool> _backwards = new("--backwards") { Description = "Newest first." };
    private readonly Option<bool> _json = CommonOptions.JsonRows(
        "audit_id, occurred_at, operation, login_role, acting_role, client_address, application_name, transaction_id, aggregate_id, event_id, "
        + "first_version, last_version, events, old_row, reason");

    internal AuditCommand()
        : base("audit", "Print who changed or erased stored events, with the old rows. Needs the role that owns the log.")
    {
        Add(_since);
        Add(_until);
        Add(_stream);
        Add(_version);
        _operation.CompletionSources.Add("update", "delete", "truncate", "erase");
        Add(_operation);
        Add(_limit);
        Add(_backwards);
        Add(_json);
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples =>
    [
        "synckit audit --backwards --limit 20",
        "synckit audit --stream order-17 --operation delete",
        "synckit audit --since 2026-11-23T00:00:00Z --json | jq .old_row",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var query = new AuditQuery
        {
            From = parsed.GetValue(_since),
            Before = parsed.GetValue(_until),
            AggregateId = parsed.GetValue(_stream),
            Version = parsed.GetValue(_version),
            Operation = parsed.GetValue(_operation),
            Direction = parsed.GetValue(_backwards) ? ReadDirection.Backwards : ReadDirection.Forwards,
            Limit = parsed.GetValue(_limit),
        };
        await using var host = StoreHost.Build(parsed);
        await using var printer = AuditLines.Create(parsed.GetValue(_json));
        await foreach (var entry in host.Audit.ReadAsync(query, cancellationToken))
        {
            await printer.PrintAsync(entry, cancellationToken);
        }

        await printer.FlushAsync(cancellationToken);
        return ExitCodes.Done;
    }
}
