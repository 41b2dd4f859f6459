using System.CommandLine;
using SyncKit.EfStore.Cli.Hosting;
using SyncKit.EfStore.Cli.Printing;

namespace SyncKit.EfStore.Cli.Commands;

/// <summary><c>synckit import</c></summary>
internal sealed class ImportCommand : Command, IHasExamples
{
    private const string Skip = "skip";
    private const string Stop = "stop";

    private readonly Argument<string> _file = new("file") { Description = "JSON Lines, or gzip of it; '-' for stdin." };

    private readonly Option<string> _onConflict = new("--on-conflict")
    {
        Description = "What to do with an event that is stored already: 'skip' it, or 'stop'. Other content under its id always stops.",
        HelpName = "skip|stop",
        DefaultValueFactory = _ => Skip,
    };

    private readonly Option<bool> _atomic = new("--atomic")
    {
        Description = "Store everything or nothing, in one transaction. Other writers of events wait for its end; needs the table's owner.",
    };

    private readonly Option<bool> _json = CommonOptions.Json("one JSON object on one line when all is stored", "stored, skipped, streams, seconds");

    internal ImportCommand()
        : base("import", "Store events from JSON Lines; what is stored already is skipped.")
    {
        _onConflict.AcceptOnlyFromAmong(Skip, Stop);
        Add(_file);
        Add(_onConflict);
        Add(_atomic);
        Add(_json);
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples =>
    [
        "synckit import events.jsonl.gz",
        "synckit import corrections.jsonl --atomic --on-conflict stop",
        "synckit read --connection \"$OLD\" | synckit import - --connection \"$NEW\"",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        await using var host = StoreHost.Build(parsed);
        await using var input = Open(parsed.GetRequiredValue(_file));
        await host.Store.GetLatestVersionAsync(cancellationToken);

        var options = new ImportOptions
        {
            OnConflict = parsed.GetRequiredValue(_onConflict) == Stop ? ImportConflict.Stop : ImportConflict.Skip,
            Atomic = parsed.GetValue(_atomic),
        };
        var time = TimeProvider.System;
        var start = time.GetTimestamp();
        var progress = new ImportProgressBar(input as FileStream, time);
        try
        {
            var result = await progress.ShowAsync(() => host.Importer.ImportAsync(input, options, progress, cancellationToken));
            var took = time.GetElapsedTime(start);
            StandardError.Plain(Summary(result, took));
            if (parsed.GetValue(_json))
            {
                await JsonLine.PrintAsync(
                    writer =>
                    {
                        writer.WriteNumber("stored", result.Stored);
                        writer.WriteNumber("skipped", result.Skipped);
                        writer.WriteNumber("streams", result.Streams);
                        writer.WriteNumber("seconds", Math.Round(took.TotalSeconds, 3));
                    },
                    cancellationToken);
            }

            return ExitCodes.Done;
        }
        catch (Exception error) when (error is EventStoreUnavailableException or OperationCanceledException or IOException)
        {
            StandardError.Plain(Stopped(options, progress.Last));
            throw;
        }
    }

    private static string Stopped(ImportOptions options, ImportProgress last) => options switch
    {
        { Atomic: true } => "Stopped, with everything stored or nothing, and nothing unless the end was reached. Run it again.",
        { OnConflict: ImportConflict.Stop } =>
            $"Stopped after {last.Stored} events stored. Run it again with --on-conflict skip to go on from there.",
        _ => $"Stopped after {last.Stored} events stored and {last.Skipped} skipped. Run it again to go on from there.",
    };

    private static Stream Open(string file)
    {
        if (file == "-")
        {
            return Console.OpenStandardInput();
        }

        try
        {
            return new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UsageException($"There is no file '{file}'.");
        }
    }

    private static string Summary(ImportResult result, TimeSpan took)
    {
        if (result is { Stored: 0, Skipped: > 0 })
        {
            return $"Stored nothing: all {result.Skipped} events are already stored ({took.TotalSeconds:0.0} s).";
        }

        var rate = result.Stored / Math.Max(took.TotalSeconds, 0.001);
        return $"Stored {result.Stored} events into {result.Streams} streams, skipped {result.Skipped} already stored: "
            + $"{rate:0} events/s, {took.TotalSeconds:0.0} s.";
    }
}
