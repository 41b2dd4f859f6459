using System.Globalization;
using Spectre.Console;
using SyncKit.EfStore.Cli.Stats;

namespace SyncKit.EfStore.Cli.Printing;

/// <summary>Statistics for people: a table of what there is, and charts of what there is most of.</summary>
internal static class StatisticsTables
{
    private const int LongestLabel = 40;

    internal static void Print(LogStatistics statistics)
    {
        var about = statistics.Estimated ? "about " : "";
        var sizes = statistics.Sizes;
        var table = new Table().HideHeaders().AddColumns("what", "how much");
        table.AddRow("events", about + Number(statistics.Events));
        table.AddRow("streams", about + Number(statistics.Streams));
        table.AddRow("types", Number(statistics.TypeCount));
        table.AddRow("newest version", Number(statistics.NewestVersion));
        if (statistics.Events > 0)
        {
            table.AddRow("created", $"{Instant(statistics.First)} to {Instant(statistics.Last)}");
        }

        table.AddRow("size", $"{Bytes(sizes.Total)}: table {Bytes(sizes.Table)}, toast {Bytes(sizes.Toast)}, indexes {Bytes(sizes.AllIndexes)}");
        foreach (var (name, bytes) in sizes.Indexes)
        {
            table.AddRow(new Text($"  {HarmlessText.Of(name)}"), new Text(Bytes(bytes)));
        }

        AnsiConsole.Write(table);
        Chart("Events by type", statistics.Types, Color.Blue);
        Chart(statistics.Estimated ? "Longest streams that the sample met" : "Longest streams", statistics.LongestStreams, Color.Green);
        var rates = statistics.Rates.Estimated ? ", estimated" : "";
        Chart($"Events per hour, UTC{rates}", [.. statistics.Rates.Hours.Select(hour => (Format(hour.From, "dd HH:00"), hour.Events))], Color.Yellow);
        Chart($"Events per day, UTC{rates}", [.. statistics.Rates.Days.Select(day => (Format(day.From, "yyyy-MM-dd"), day.Events))], Color.Yellow);
        if (statistics.Subscriptions is { Count: > 0 } subscriptions)
        {
            var lines = new Table().AddColumns("subscription", "status", "checkpoint", "lag", "parked");
            foreach (var one in subscriptions)
            {
                lines.AddRow(
                    new Text(HarmlessText.Of(one.Name)), new Text(one.Status.ToString()), new Text(one.Checkpoint.ToString()),
                    new Text(Number(one.Lag)), new Text(Number(one.Parked)));
            }

            AnsiConsole.Write(lines);
        }

        if (statistics.Estimated)
        {
            AnsiConsole.WriteLine("Estimated from a sample of 20,000 versions; --exact counts every event.");
        }
    }

    private static void Chart(string title, IReadOnlyList<(string Label, long Events)> bars, Color colour)
    {
        if (bars.All(bar => bar.Events == 0))
        {
            return;
        }

        var chart = new BarChart { Culture = CultureInfo.InvariantCulture }.Label($"[bold]{Markup.Escape(title)}[/]").LeftAlignLabel();
        foreach (var (label, events) in bars)
        {
            chart.AddItem(Markup.Escape(Short(label)), events, colour);
        }

        AnsiConsole.WriteLine();
        AnsiConsole.Write(chart);
    }

    /// <summary>Its end, because what tells long names apart is rarely in front. Blanks wrap, and the chart has one line a bar.</summary>
    private static string Short(string label) =>
        HarmlessText.Of(label.Length <= LongestLabel ? label : "…" + label[^(LongestLabel - 1)..]).Replace(' ', '\u00A0');

    private static string Number(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Instant(DateTimeOffset? instant) => instant is { } known ? Format(known.UtcDateTime, "yyyy-MM-dd HH:mm'Z'") : "no time";

    private static string Format(DateTime time, string format) => time.ToString(format, CultureInfo.InvariantCulture);

    private static string Bytes(long bytes)
    {
        string[] units = ["B", "kB", "MB", "GB", "TB"];
        var (value, unit) = ((double)bytes, 0);
        for (; value >= 1024 && unit < units.Length - 1; unit++)
        {
            value /= 1024;
        }

        return value.ToString(unit == 0 || value >= 10 ? "0" : "0.0", CultureInfo.InvariantCulture) + " " + units[unit];
    }
}
