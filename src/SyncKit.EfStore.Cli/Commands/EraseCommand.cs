using System.CommandLine;
using System.Text.Json;
using SyncKit.EfStore.Cli.Hosting;
using SyncKit.EfStore.Cli.Printing;

namespace SyncKit.EfStore.Cli.Commands;

/// <summary><c>synckit erase</c></summary>
internal sealed class EraseCommand : Command, IHasExamples
{
    private readonly Option<string?> _stream = new("--stream")
    {
        Description = "Every event of this stream (aggregate_id). Default: none, --version is given.",
        HelpName = "id",
    };

    private readonly Option<EventVersion[]?> _versions = new("--version")
    {
        Description = "The event of this version; give it again for more events. Default: none, --stream is given.",
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
        Description = "Clear away what is left on the disk: plain while others work, full writes the tables anew and locks them. Needs the role that owns the log and the database. "
            + "Default: leave it to autovacuum.",
        HelpName = "plain|full",
    }.AcceptOnlyFromAmong("plain", "full");

    private readonly Option<bool> _json = CommonOptions.Json("one JSON object on one line, of versions", "erased, erased_before, vacuumed");

    internal EraseCommand()
        : base("erase", "Replace data and metadata of events by {\"$erased\": true} for good; versions and order stay. Needs the role of an eraser.")
    {
        Add(_stream);
        Add(_versions);
        Add(_reason);
        Add(_vacuum);
        Add(_json);
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
        var vacuum = parsed.GetValue(_vacuum);
        if (vacuum is not null)
        {
            await EventStoreVacuum.RunAsync(CommonOptions.ConnectionString(parsed), vacuum == "full", cancellationToken);
            StandardError.Plain("vacuumed");
        }

        if (parsed.GetValue(_json))
        {
            await JsonLine.PrintAsync(
                writer =>
                {
                    Versions(writer, "erased", result.Erased);
                    Versions(writer, "erased_before", result.ErasedBefore);
                    writer.WriteBoolean("vacuumed", vacuum is not null);
                },
                cancellationToken);
        }

        // A mistyped name must not pass for an erasure.
        return result is { Erased.Count: 0, ErasedBefore.Count: 0 } ? ExitCodes.Failed : ExitCodes.Done;
    }

    private static void Versions(Utf8JsonWriter writer, string member, IReadOnlyList<EventVersion> versions)
    {
        writer.WriteStartArray(member);
        foreach (var version in versions)
        {
            writer.WriteNumberValue(version.Value);
        }

        writer.WriteEndArray();
    }

    private static string Events(IReadOnlyList<EventVersion> versions) => versions.Count == 1 ? "1 event" : $"{versions.Count} events";
}
