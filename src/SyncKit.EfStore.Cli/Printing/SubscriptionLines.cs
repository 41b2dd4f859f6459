using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace SyncKit.EfStore.Cli.Printing;

/// <summary>Subscriptions and their parked events on stdout: JSON Lines for a program, a table for a person.</summary>
internal static class SubscriptionLines
{
    internal static Task PrintAsync(IReadOnlyList<SubscriptionInfo> subscriptions, bool json, CancellationToken cancellationToken) => PrintAsync(
        subscriptions,
        json,
        ["name", "status", "checkpoint", "lag", "parked", "rebuild", "owner", "error"],
        info =>
        [
            info.Name, info.Status.ToString(), info.Checkpoint.ToString(), Number(info.Lag), Number(info.Parked), Progress(info.Rebuild),
            info.Owner ?? "", info.Error ?? "",
        ],
        (writer, info) =>
        {
            writer.WriteString("name", info.Name);
            writer.WriteString("status", Snake(info.Status.ToString()));
            writer.WriteNumber("checkpoint", info.Checkpoint.Value);
            writer.WriteNumber("lag", info.Lag);
            writer.WriteNumber("parked", info.Parked);
            writer.WriteString("owner", info.Owner);
            writer.WriteString("error", info.Error);
            writer.WriteString("updated_at", info.UpdatedAt.UtcDateTime);
            if (info.Rebuild is { } rebuild)
            {
                writer.WriteStartObject("rebuild");
                writer.WriteNumber("from", rebuild.From.Value);
                writer.WriteNumber("target", rebuild.Target.Value);
                writer.WriteNumber("done", rebuild.Done);
                writer.WriteNumber("rate", Math.Round(rebuild.Rate, 1));
                writer.WriteNumber("seconds_left", Math.Round(rebuild.TimeLeft?.TotalSeconds ?? -1));
                writer.WriteEndObject();
            }
        },
        cancellationToken);

    internal static Task PrintAsync(IReadOnlyList<ParkedEvent> parked, bool json, CancellationToken cancellationToken) => PrintAsync(
        parked,
        json,
        ["version", "id", "aggregate_id", "event_type", "attempts", "error"],
        one => [one.Version.ToString(), one.EventId, one.AggregateId, one.EventType, Number(one.Attempts), one.Error],
        (writer, one) =>
        {
            writer.WriteNumber("version", one.Version.Value);
            writer.WriteString("id", one.EventId);
            writer.WriteString("aggregate_id", one.AggregateId);
            writer.WriteString("event_type", one.EventType);
            writer.WriteNumber("attempts", one.Attempts);
            writer.WriteString("error", one.Error);
            writer.WriteString("parked_at", one.ParkedAt.UtcDateTime);
            writer.WriteBoolean("replay_asked", one.ReplayAsked);
        },
        cancellationToken);

    private static async Task PrintAsync<T>(
        IReadOnlyList<T> items,
        bool json,
        string[] columns,
        Func<T, string[]> cells,
        Action<Utf8JsonWriter, T> write,
        CancellationToken cancellationToken)
    {
        if (!json && StandardOutput.IsTerminal)
        {
            var table = new Table().AddColumns(columns);
            foreach (var item in items)
            {
                table.AddRow([.. cells(item).Select(cell => Markup.Escape(HarmlessText.Of(cell)))]);
            }

            AnsiConsole.Write(table);
            return;
        }

        await using var printer = new JsonPrinter<T>((buffer, item) =>
        {
            using (var writer = new Utf8JsonWriter(buffer))
            {
                writer.WriteStartObject();
                write(writer, item);
                writer.WriteEndObject();
            }

            buffer.GetSpan(1)[0] = (byte)'\n';
            buffer.Advance(1);
        });
        foreach (var item in items)
        {
            await printer.PrintAsync(item, cancellationToken);
        }

        await printer.FlushAsync(cancellationToken);
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Progress(RebuildProgress? rebuild) => rebuild is null
        ? ""
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{rebuild.Done} of {rebuild.Total}, {rebuild.Rate:0}/s{(rebuild.TimeLeft is { } left ? $", {left:hh\\:mm\\:ss} left" : "")}");

    private static string Snake(string status) => JsonNamingPolicy.SnakeCaseLower.ConvertName(status);
}
