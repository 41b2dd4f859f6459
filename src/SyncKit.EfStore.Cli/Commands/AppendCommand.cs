using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Spectre.Console;
using SyncKit.EfStore.Cli.Hosting;
using SyncKit.EfStore.Cli.Printing;

namespace SyncKit.EfStore.Cli.Commands;

/// <summary><c>synckit append</c></summary>
internal sealed class AppendCommand : Command, IHasExamples
{
    private readonly Option<string> _stream = new("--stream") { Description = "The stream (aggregate_id).", HelpName = "id", Required = true };
    private readonly Option<string> _type = new("--type") { Description = "What happened (event_type).", HelpName = "type", Required = true };
    private readonly Option<string?> _data = new("--data") { Description = "The facts; '-' reads them from stdin. Default: none (SQL NULL).", HelpName = "JSON|-" };
    private readonly Option<string?> _metadata = new("--metadata") { Description = "Who, why, from where. Default: none (SQL NULL).", HelpName = "JSON" };
    private readonly Option<string?> _id = new("--id") { Description = "The event's id; repeating an append with it stores nothing twice. Default: a new UUID.", HelpName = "id" };
    private readonly Option<ExpectedVersion> _expected = new("--expected")
    {
        Description = "Where the stream must be: any, no-stream, exists, or exactly at stream version N. Default: any.",
        HelpName = "any|no-stream|exists|N",
        CustomParser = ParseExpected,
    };

    private readonly Option<bool> _json = CommonOptions.JsonRows("version, stream_version, id, aggregate_id");

    internal AppendCommand()
        : base("append", "Store one event at the end of its stream and print its place.")
    {
        Add(_stream);
        Add(_type);
        Add(_data);
        Add(_metadata);
        Add(_id);
        _expected.CompletionSources.Add("any", "no-stream", "exists");
        Add(_expected);
        Add(_json);
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples =>
    [
        "synckit append --stream order-17 --type OrderPlaced --data '{\"total\": 12.5}'",
        "synckit append --stream order-17 --type OrderPaid --expected 1",
        "cat order.json | synckit append --stream order-17 --type OrderChanged --data -",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        await using var host = StoreHost.Build(parsed);
        var data = await ReadDataAsync(parsed.GetValue(_data), cancellationToken);
        var eventData = new EventData(parsed.GetRequiredValue(_stream), parsed.GetRequiredValue(_type), data)
        {
            Metadata = parsed.GetValue(_metadata) is { } metadata ? EventJson.Parse(metadata, "metadata") : null,
        };
        if (parsed.GetValue(_id) is { } id)
        {
            eventData = new EventData(eventData.AggregateId, eventData.EventType, data) { Id = id, Metadata = eventData.Metadata };
        }

        var result = await host.Store.AppendAsync([eventData], parsed.GetValue(_expected), cancellationToken);
        if (result.AlreadyStored)
        {
            StandardError.Plain("It was stored before; nothing was added.");
        }

        await PrintAsync(result.Events[0], json: parsed.GetValue(_json) || !StandardOutput.IsTerminal, cancellationToken);
        return ExitCodes.Done;
    }

    private static async Task PrintAsync(AppendedEvent appended, bool json, CancellationToken cancellationToken)
    {
        if (!json)
        {
            AnsiConsole.WriteLine($"Event '{appended.Id}' is version {appended.Version} of the log, version {appended.StreamVersion} of its stream.");
            return;
        }

        await using var output = new LineOutput();
        JsonLines.Write(output.Buffer, appended);
        await output.FlushAsync(cancellationToken);
    }

    private static async Task<EventJson?> ReadDataAsync(string? given, CancellationToken cancellationToken)
    {
        if (given != "-")
        {
            return given is null ? null : EventJson.Parse(given, "data");
        }

        await using var input = Console.OpenStandardInput();
        using var bytes = new MemoryStream();
        await input.CopyToAsync(bytes, cancellationToken);
        return EventJson.FromUtf8(bytes.ToArray(), "data");
    }

    private static ExpectedVersion ParseExpected(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        switch (text)
        {
            case "any":
                return ExpectedVersion.Any;
            case "no-stream":
                return ExpectedVersion.NoStream;
            case "exists":
                return ExpectedVersion.StreamExists;
            default:
                if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version < long.MaxValue)
                {
                    return ExpectedVersion.Exactly(version);
                }

                result.AddError($"--expected must be any, no-stream, exists, or a stream version from 0; it is '{text}'.");
                return ExpectedVersion.Any;
        }
    }
}
