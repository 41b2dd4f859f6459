using System.Buffers;
using System.CommandLine;
using SyncKit.EfStore.Cli.Places;
using SyncKit.EfStore.Cli.Printing;
using SyncKit.EfStore.Sqlite;

namespace SyncKit.EfStore.Cli.Commands;

/// <summary><c>synckit copy</c></summary>
internal sealed class CopyCommand : Command, IHasExamples
{
    private readonly Option<string> _from = LogPlace.Option("--from", "The log to copy; it is only read.");
    private readonly Option<string> _to = LogPlace.Option("--to", "The log to copy into.");

    private readonly Option<bool> _keepVersions = new("--keep-versions")
    {
        Description = "Give events the versions they have, in one transaction, into a log that holds nothing else. Needs the table's owner.",
    };

    private readonly Option<bool> _dryRun = new("--dry-run")
    {
        Description = "Write nothing; say what would be copied, and each event that could not be, with the reason.",
    };

    private readonly Option<string?> _rejects = new("--rejects")
    {
        Description = "Write events that cannot be copied to this file, as JSON Lines with the reason, and go on past them. Default: stop at the first.",
        HelpName = "file",
    };

    private readonly Option<bool> _json = CommonOptions.Json(
        "the result as one JSON object on one line; before it, of a dry run, one with version, id and reason for each event that could not be copied",
        "dry_run, copied, already_stored, rejected, after, up_to, versions_kept, seconds");


    internal CopyCommand()
        : base("copy", "Copy a log into another, SQLite or PostgreSQL, either way. Run again after a break, or later, it goes on where it was.")
    {
        Add(_from);
        Add(_to);
        Add(_keepVersions);
        Add(_dryRun);
        Add(_rejects);
        Add(_json);
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples =>
    [
        "synckit copy --from events.db --to postgres --dry-run",
        "synckit copy --from events.db --to postgres --keep-versions",
        "synckit copy --from events.db --to postgres --rejects rejects.jsonl",
        "synckit copy --from postgres --to sqlite:/backup/events.db --json",
        "synckit copy --from env:OLD --to env:NEW",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var from = LogPlace.Parse(parsed.GetRequiredValue(_from), parsed);
        var to = LogPlace.Parse(parsed.GetRequiredValue(_to), parsed);
        if (from.IsSame(to))
        {
            throw new UsageException("--from and --to name the same log.");
        }

        var (dryRun, json) = (parsed.GetValue(_dryRun), parsed.GetValue(_json));
        await using var source = from.OpenSource();
        await using var target = to.OpenTarget(dryRun);
        await using var output = json ? new LineOutput() : null;
        var options = new EventCopyOptions
        {
            KeepVersions = parsed.GetValue(_keepVersions),
            DryRun = dryRun,
            RejectsFile = parsed.GetValue(_rejects),
            OnRefused = dryRun ? refused => Show(refused, output?.Buffer) : null,
        };
        var time = TimeProvider.System;
        var start = time.GetTimestamp();
        var progress = new CopyProgressBar(dryRun ? "checking" : "copying", time);
        try
        {
            var result = await progress.ShowAsync(
                () => new EventCopier(source.Source, target.Target).CopyAsync(options, progress, cancellationToken));
            var took = time.GetElapsedTime(start);
            if (output is not null)
            {
                JsonLine.Write(output.Buffer, line => Write(line, result, options, took));
                await output.FlushAsync(cancellationToken);
            }

            StandardError.Plain(Summary(result, options, took));

            // A dry run says whether the copy would get through.
            return dryRun && result.Rejected > 0 && options.RejectsFile is null ? ExitCodes.Failed : ExitCodes.Done;
        }
        catch (Exception error) when (error is EventStoreUnavailableException or OperationCanceledException or IOException && !dryRun)
        {
            StandardError.Plain(options.KeepVersions
                ? "Stopped with nothing copied, unless the end was reached. Run it again."
                : $"Stopped after {progress.Last.Copied} events copied. Run it again to go on from there.");
            throw;
        }
    }

    private static void Show(RefusedEvent refused, IBufferWriter<byte>? json)
    {
        if (json is null)
        {
            StandardError.Plain($"version {refused.Event.Version}, id '{HarmlessText.Of(refused.Event.Id)}': {refused.Reason}");
            return;
        }

        JsonLine.Write(json, line =>
        {
            line.WriteNumber("version", refused.Event.Version);
            line.WriteString("id", refused.Event.Id);
            line.WriteString("reason", refused.Reason);
        });
    }

    private static void Write(System.Text.Json.Utf8JsonWriter line, EventCopyResult result, EventCopyOptions options, TimeSpan took)
    {
        line.WriteBoolean("dry_run", options.DryRun);
        line.WriteNumber("copied", result.Copied);
        line.WriteNumber("already_stored", result.AlreadyStored);
        line.WriteNumber("rejected", result.Rejected);
        line.WriteNumber("after", result.After.Value);
        line.WriteNumber("up_to", result.UpTo.Value);
        line.WriteBoolean("versions_kept", options.KeepVersions);
        line.WriteNumber("seconds", Math.Round(took.TotalSeconds, 3));
    }

    private static string Summary(EventCopyResult result, EventCopyOptions options, TimeSpan took)
    {
        var goesOn = result.After > EventVersion.Zero ? $" behind version {result.After}, where an earlier copy ended," : "";
        var rate = (result.Copied + result.AlreadyStored + result.Rejected) / Math.Max(took.TotalSeconds, 0.001);
        var rejects = result.Rejected > 0 && options.RejectsFile is { } file ? $", see '{file}'" : "";
        return result is { Copied: 0, AlreadyStored: 0, Rejected: 0 }
            ? $"Nothing to copy{goesOn} up to version {result.UpTo} ({took.TotalSeconds:0.0} s)."
            : $"{(options.DryRun ? "Would copy" : "Copied")}{goesOn} up to version {result.UpTo}: {result.Copied} events; {result.AlreadyStored} "
                + $"already stored; {result.Rejected} that cannot be{rejects}: {rate:0} events/s, {took.TotalSeconds:0.0} s.";
    }
}
