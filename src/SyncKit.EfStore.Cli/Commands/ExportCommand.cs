using System.CommandLine;
using System.Globalization;
using SyncKit.EfStore.Cli.Exporting;
using SyncKit.EfStore.Cli.Hosting;
using SyncKit.EfStore.Cli.Printing;

namespace SyncKit.EfStore.Cli.Commands;

/// <summary><c>synckit export</c></summary>
internal sealed class ExportCommand : Command, IHasExamples
{
    private const string Output = "-";
    private const string GzipSuffix = ".gz";

    private readonly Argument<string> _file = new("file")
    {
        Description = "Where to; a file is replaced once the new one is whole. '-' for stdout.",
        DefaultValueFactory = _ => Output,
    };

    private readonly Option<EventVersion?> _fromVersion = CommonOptions.Version("--from-version", "Only events of this version or later. Default: 1, the first.");
    private readonly Option<EventVersion?> _toVersion = CommonOptions.Version(
        "--to-version", "Only events up to this version. Default: the last that is settled when the export begins.");

    private readonly Option<string?> _stream = CommonOptions.Stream();
    private readonly Option<string[]> _types = CommonOptions.Types();
    private readonly Option<DateTimeOffset?> _from = CommonOptions.Time(
        "--from", "Only events created at this time or later, such as 2026-11-23T08:30:00Z; UTC unless it has an offset. Default: any time.");

    private readonly Option<DateTimeOffset?> _until = CommonOptions.Time("--until", "Only events created before this time. Default: any time.");
    private readonly Option<bool> _gzip = new("--gzip") { Description = $"Compress. A file whose name ends in {GzipSuffix} is compressed without it." };
    private readonly Option<bool> _json = CommonOptions.Json(
        "one JSON object on one line when the file is whole", "events, last_version, seconds");

    internal ExportCommand()
        : base("export", "Write events as JSON Lines, in version order and only what is settled, for 'synckit import' or anything else.")
    {
        Add(_file);
        Add(_fromVersion);
        Add(_toVersion);
        Add(_stream);
        Add(_types);
        Add(_from);
        Add(_until);
        Add(_gzip);
        Add(_json);
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples =>
    [
        "synckit export events.jsonl.gz",
        "synckit export --stream order-17 | jq .data",
        "synckit export --gzip | ssh backup 'cat > events.jsonl.gz'",
        "synckit export --from-version 4712 --type OrderPlaced --type OrderPaid new-orders.jsonl",
        "synckit export --connection \"$OLD\" | synckit import - --connection \"$NEW\"",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var file = parsed.GetValue(_file)!;
        if (parsed.GetValue(_json) && file == Output)
        {
            throw new UsageException("--json prints to stdout, where the events go. Name a file, or leave it out.");
        }

        var gzip = parsed.GetValue(_gzip) || file.EndsWith(GzipSuffix, StringComparison.OrdinalIgnoreCase);
        if (gzip && file == Output && StandardOutput.IsTerminal)
        {
            throw new UsageException("Compressed data is nothing for a terminal. Name a file, or leave out --gzip.");
        }

        await using var host = StoreHost.Build(parsed);
        await using var target = file == Output ? ExportTarget.ToOutput(gzip) : ExportTarget.ToFile(file, gzip);
        var query = await QueryAsync(host, parsed, cancellationToken);
        var time = TimeProvider.System;
        var start = time.GetTimestamp();
        var (events, last) = await WriteAsync(host, query, target, time, cancellationToken);

        var took = time.GetElapsedTime(start).TotalSeconds;
        if (file != Output)
        {
            var rate = events / Math.Max(took, 0.001);
            StandardError.Plain(string.Create(
                CultureInfo.InvariantCulture, $"Exported {events} events, the last of version {last}: {rate:0} events/s, {took:0.0} s."));
        }

        if (parsed.GetValue(_json))
        {
            await JsonLine.PrintAsync(
                writer =>
                {
                    writer.WriteNumber("events", events);
                    writer.WriteNumber("last_version", last.Value);
                    writer.WriteNumber("seconds", Math.Round(took, 3));
                },
                cancellationToken);
        }

        return ExitCodes.Done;
    }

    /// <summary>With an end that is settled now: an export does not run after its writers, and no event can appear in it later.</summary>
    private async Task<EventQuery> QueryAsync(StoreHost host, ParseResult parsed, CancellationToken cancellationToken)
    {
        var settled = await host.Store.GetLatestVersionAsync(cancellationToken);
        var end = parsed.GetValue(_toVersion) is { } asked && asked < settled ? asked : settled;
        var first = parsed.GetValue(_fromVersion)?.Value ?? 1;
        return new EventQuery
        {
            AggregateId = parsed.GetValue(_stream),
            EventTypes = parsed.GetValue(_types) ?? [],
            After = new EventVersion(Math.Max(first - 1, 0)),
            Before = new EventVersion(end.Value + 1),
            CreatedFrom = parsed.GetValue(_from),
            CreatedBefore = parsed.GetValue(_until),
        };
    }

    private static async Task<(long Events, EventVersion Last)> WriteAsync(
        StoreHost host, EventQuery query, ExportTarget target, TimeProvider time, CancellationToken cancellationToken)
    {
        var bar = new ProgressBar("exporting", "events", endKnown: true, time);
        var (events, last) = (0L, EventVersion.Zero);
        await bar.ShowAsync(async () =>
        {
            var output = new LineOutput(target.Lines); // Not disposed: the target alone knows whether its end may be written.
            double span = Math.Max(query.Before!.Value.Value - 1 - query.After.Value, 1);
            await foreach (var stored in host.Store.ReadAsync(query, cancellationToken))
            {
                JsonLines.Write(output.Buffer, stored);
                events++;
                last = stored.Version;
                if (output.IsFull)
                {
                    await output.FlushAsync(cancellationToken);
                    bar.Report(events, (last.Value - query.After.Value) / span);
                }
            }

            await output.FlushAsync(cancellationToken);
            await target.CompleteAsync(cancellationToken);
            return events;
        });
        return (events, last);
    }
}
