using System.Text.Json;
using Spectre.Console;
using SyncKit.EfStore.Sqlite;

namespace SyncKit.EfStore.Cli.Printing;

/// <summary>What a comparison found on stdout: a line for each difference that is named, or one JSON object for programs.</summary>
internal static class DifferenceLines
{
    internal static async Task PrintAsync(VerifyResult result)
    {
        foreach (var difference in result.First)
        {
            await PrintAsync(difference.ToString());
        }

        foreach (var stream in result.Streams)
        {
            await PrintAsync(stream.ToString());
        }
    }

    internal static Task PrintJsonAsync(VerifyResult result, TimeSpan took, CancellationToken cancellationToken) =>
        JsonLine.PrintAsync(line => Write(line, result, took), cancellationToken);

    private static async Task PrintAsync(string text)
    {
        if (StandardOutput.IsTerminal)
        {
            var (kind, rest) = text.IndexOf(':', StringComparison.Ordinal) is var colon ? (text[..colon], text[colon..]) : ("", text);
            AnsiConsole.Write(new Paragraph(HarmlessText.Of(kind), new Style(Color.Yellow)).Append(HarmlessText.Of(rest)).Append("\n"));
        }
        else
        {
            await Console.Out.WriteLineAsync(HarmlessText.Of(text));
        }
    }

    private static void Write(Utf8JsonWriter line, VerifyResult result, TimeSpan took)
    {
        line.WriteBoolean("equal", result.IsEqual);
        line.WriteNumber("from_events", result.FromEvents);
        line.WriteNumber("to_events", result.ToEvents);
        line.WriteNumber("missing", result.Missing);
        line.WriteNumber("extra", result.Extra);
        line.WriteNumber("changed", result.Changed);
        line.WriteNumber("reordered", result.Reordered);
        line.WriteNumber("erased", result.Erased);
        line.WriteStartArray("first");
        foreach (var one in result.First)
        {
            line.WriteStartObject();
            line.WriteString("kind", JsonNamingPolicy.SnakeCaseLower.ConvertName(one.Kind.ToString()));
            line.WriteString("id", one.Id);
            line.WriteString("aggregate_id", one.AggregateId);
            Number("from_version", one.FromVersion);
            Number("to_version", one.ToVersion);
            line.WriteStartArray("fields");
            foreach (var field in one.FieldNames)
            {
                line.WriteStringValue(field);
            }

            line.WriteEndArray();
            Time("from_created_at", one.FromCreatedAt);
            Time("to_created_at", one.ToCreatedAt);
            line.WriteBoolean("erased_in_from", one.IsErasedInFrom);
            line.WriteBoolean("erased_in_to", one.IsErasedInTo);
            line.WriteEndObject();
        }

        line.WriteEndArray();
        line.WriteNumber("unequal_streams", result.UnequalStreams);
        line.WriteStartArray("streams");
        foreach (var stream in result.Streams)
        {
            line.WriteStartObject();
            line.WriteString("aggregate_id", stream.AggregateId);
            line.WriteNumber("more_in_to", stream.MoreInTo);
            line.WriteEndObject();
        }

        line.WriteEndArray();
        line.WriteNumber("seconds", Math.Round(took.TotalSeconds, 3));

        void Number(string name, long? version)
        {
            if (version is { } number)
            {
                line.WriteNumber(name, number);
            }
            else
            {
                line.WriteNull(name);
            }
        }

        void Time(string name, DateTimeOffset? time)
        {
            if (time is { } known)
            {
                line.WriteString(name, known.UtcDateTime);
            }
            else
            {
                line.WriteNull(name);
            }
        }
    }
}
