using System.CommandLine;
using SyncKit.EfStore.Cli.Hosting;
using SyncKit.EfStore.Cli.Printing;

namespace SyncKit.EfStore.Cli.Commands;

/// <summary><c>synckit erase</c></summary>
internal sealed class EraseCommand : Command, IHasExamples
{
    private readonly Option<string?> _stream = new("--stream") { Description = "Every event of this stream (aggregate_id).", HelpName = "id" };
    private readonly Option<EventVersion[]?> _versions = new("--version")
    {
        Description = "The event of this version; give it again for more events.",
        HelpName = "version",
        CustomParser = result =>
        {
            try
            {
                return [.. result.Tokens.Select(token => EventVersion.Parse(token.Value))];
            }
            catch (InvalidInputException error)
            {
                result.AddError($"--version: {error.Message}");
                return null;
            }
        },
    };

    private readonly Option<string> _reason = new("--reason")
    {
        Description = "Why, for the audit. Free of what is to be forgotten.",
        HelpName = "text",
        Required = true,
    };

    private readonly Option<string?> _vacuum = new Option<string?>("--vacuum")
    {
        Description = "Clear away what is left on the disk: plain while others work, full writes the tables anew and locks them. Needs the role that owns the log.",
        HelpName = "plain|full",
    }.AcceptOnlyFromAmong("plain", "full");

    internal EraseCommand()
        : base("erase", "Replace data and metadata of events by {\"$erased\": true} for good; versions and order stay. Needs the role of an eraser.")
    {
        Add(_stream);
        Add(_versions);
        Add(_reason);
        Add(_vacuum);
        Validators.Add(result =>
        {
            if (result.GetResult(_stream) is null == result.GetResult(_versions) is null)
            {
                result.AddError("Give --stream or --version, and not both.");
            }
        });
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples =>
    [
        "synckit erase --stream customer-17 --reason \"request 4711 of 2026-11-23\"",
        "synckit erase --version 42 --version 43 --reason \"request 4712\" --vacuum plain",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        ErasureResult result;
        await using (var host = StoreHost.Build(parsed))
        {
            var reason = parsed.GetValue(_reason)!;
            result = parsed.GetValue(_stream) is { } stream
                ? await host.Erasure.EraseAsync(stream, reason, cancellationToken)
                : await host.Erasure.EraseAsync(parsed.GetValue(_versions)!, reason, cancellationToken);
        }

        StandardError.Plain($"erased: {Events(result.Erased)}; erased before: {Events(result.ErasedBefore)}");
        if (parsed.GetValue(_vacuum) is { } vacuum)
        {
            await EventStoreVacuum.RunAsync(CommonOptions.ConnectionString(parsed), vacuum == "full", cancellationToken);
            StandardError.Plain("vacuumed");
        }

        // A mistyped name must not pass for an erasure.
        return result is { Erased.Count: 0, ErasedBefore.Count: 0 } ? ExitCodes.Failed : ExitCodes.Done;
    }

    private static string Events(IReadOnlyList<EventVersion> versions) => versions.Count == 1 ? "1 event" : $"{versions.Count} events";
}
