using System.CommandLine;
using SyncKit.EfStore.Cli.Hosting;
using SyncKit.EfStore.Cli.Printing;

namespace SyncKit.EfStore.Cli.Commands;

/// <summary><c>synckit import</c></summary>
internal sealed class ImportCommand : Command, IHasExamples
{
    private readonly Argument<string> _file = new("file") { Description = "JSON Lines, or gzip of it; '-' for stdin." };

    internal ImportCommand()
        : base("import", "Store events from JSON Lines; what is stored already is skipped.")
    {
        Add(_file);
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples =>
    [
        "synckit import events.jsonl.gz",
        "synckit read --connection \"$OLD\" | synckit import - --connection \"$NEW\"",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        await using var host = StoreHost.Build(parsed);
        await using var input = Open(parsed.GetRequiredValue(_file));
        await host.Store.GetLatestVersionAsync(cancellationToken);

        var time = TimeProvider.System;
        var start = time.GetTimestamp();
        var progress = new ImportProgressBar(input as FileStream, time);
        try
        {
            var result = await progress.ShowAsync(() => new EventImporter(host.Store).ImportAsync(input, progress, cancellationToken));
            StandardError.Plain(Summary(result, time.GetElapsedTime(start)));
            return ExitCodes.Done;
        }
        catch (Exception error) when (error is EventStoreUnavailableException or OperationCanceledException or IOException)
        {
            StandardError.Plain($"Stopped after {progress.Last.Stored} events stored and {progress.Last.Skipped} skipped. Run it again to go on from there.");
            throw;
        }
    }

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
