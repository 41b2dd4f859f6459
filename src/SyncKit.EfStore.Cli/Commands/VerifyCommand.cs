using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using SyncKit.EfStore.Cli.Places;
using SyncKit.EfStore.Cli.Printing;
using SyncKit.EfStore.Sqlite;

namespace SyncKit.EfStore.Cli.Commands;

/// <summary><c>synckit verify</c></summary>
internal sealed class VerifyCommand : Command, IHasExamples
{
    private const int MostNamed = 100_000;

    private readonly Option<string> _from = LogPlace.Option("--from", "The first log, from whose point of view differences are named.");
    private readonly Option<string> _to = LogPlace.Option("--to", "The second log.");

    private readonly Option<int> _first = new("--first")
    {
        Description = $"Name so many differences, 0 to {MostNamed} rows; all are counted.",
        HelpName = "n",
        DefaultValueFactory = _ => 20,
        CustomParser = ParseFirst,
    };

    private readonly Option<bool> _ignoreErased = new("--ignore-erased")
    {
        Description = "Let an event pass whose content was erased in one log only; otherwise it is a difference, and named as erased.",
    };

    private readonly Option<bool> _json = CommonOptions.Json(
        "the result as one JSON object on one line",
        "equal, from_events, to_events, missing, extra, changed, reordered, erased, first, unequal_streams, streams, seconds");


    internal VerifyCommand()
        : base("verify", "Compare two logs, SQLite or PostgreSQL, event by event. Exit code 0: equal; 1: different, with the first differences on stdout.")
    {
        Add(_from);
        Add(_to);
        Add(_first);
        Add(_ignoreErased);
        Add(_json);
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples =>
    [
        "synckit verify --from events.db --to postgres",
        "synckit verify --from events.db --to postgres --first 1000 > differences.txt",
        "synckit verify --from env:OLD --to env:NEW --ignore-erased",
        "synckit verify --from events.db --to postgres --json | jq .missing",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        await using var from = LogPlace.Parse(parsed.GetRequiredValue(_from), parsed).OpenSource();
        await using var to = LogPlace.Parse(parsed.GetRequiredValue(_to), parsed).OpenSource();
        var options = new VerifyOptions { First = parsed.GetValue(_first), IgnoreErased = parsed.GetValue(_ignoreErased) };
        var time = TimeProvider.System;
        var start = time.GetTimestamp();
        var progress = new VerifyProgressBar(time);
        var result = await progress.ShowAsync(() => EventVerifier.VerifyAsync(from.Source, to.Source, options, progress, cancellationToken));
        var took = time.GetElapsedTime(start);
        if (parsed.GetValue(_json))
        {
            await DifferenceLines.PrintJsonAsync(result, took, cancellationToken);
        }
        else
        {
            await DifferenceLines.PrintAsync(result);
        }

        StandardError.Plain(Summary(result, took));
        return result.IsEqual ? ExitCodes.Done : ExitCodes.Failed;
    }

    private static string Summary(VerifyResult result, TimeSpan took)
    {
        var rate = result.FromEvents / Math.Max(took.TotalSeconds, 0.001);
        var counts = string.Create(
            CultureInfo.InvariantCulture, $"{result.FromEvents} events and {result.ToEvents} ({rate:0} events/s, {took.TotalSeconds:0.0} s)");
        return result.IsEqual
            ? $"Equal: {counts}."
            : string.Create(
                CultureInfo.InvariantCulture,
                $"Different: {counts}: {result.Missing} missing in the second log, {result.Extra} only there, {result.Changed} changed, {result.Reordered} in another place, {result.Erased} erased in one log only; {result.UnequalStreams} streams of unequal length.");
    }

    private static int ParseFirst(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var first) && first <= MostNamed)
        {
            return first;
        }

        result.AddError($"--first must be a whole number from 0 to {MostNamed}; it is '{text}'.");
        return 0;
    }
}
